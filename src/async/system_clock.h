// SPDX-License-Identifier: Apache-2.0
#pragma once
// SystemClock is the Clock of a Loop: the host's time, and timers on one Asio timer.
//
// A request schedules and cancels several timers that hardly ever fire, so both are cheap: timers
// sit in a heap, a cancelled one stays there as a dead entry until it surfaces or until dead
// entries outnumber live ones, and the kernel's timer is only set when a new timer is the earliest.
// Threads: wall(), monotonic(), set_wall_offset_ms() anywhere; the rest on the loop.

#include "async/clock.h"

#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <vector>

namespace kiln {

class SystemClock final : public Clock {
 public:
  explicit SystemClock(boost::asio::io_context& context) : timer_(context) {}

  Timestamp wall() const override;
  Monotonic monotonic() const override;
  TimerId schedule(Monotonic at, std::move_only_function<void()> fn) override;
  bool cancel(TimerId id) override;

  // Added to wall() from now on; monotonic() and timers do not move.
  void set_wall_offset_ms(std::int64_t offset_ms) { wall_offset_ms_.store(offset_ms); }
  std::size_t pending() const { return live_; }

 private:
  // A timer's id is its slot and the slot's generation, so that ids are never reused.
  struct Slot {
    std::move_only_function<void()> fn;
    std::uint32_t generation = 1;
    bool live = false;
  };
  struct Entry {
    std::int64_t at_ns;
    TimerId id;
  };
  static bool later(const Entry& a, const Entry& b);

  Slot* find_live(TimerId id);
  std::move_only_function<void()> release(Slot& slot, TimerId id);
  void drop_dead_entries();
  void arm();
  void fire();

  boost::asio::steady_timer timer_;
  std::atomic<std::int64_t> wall_offset_ms_{0};
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_slots_;
  std::vector<Entry> heap_;
  std::size_t live_ = 0;
  // When the kernel's timer goes off; the maximum when it is not set.
  std::int64_t armed_ns_ = INT64_MAX;
  bool firing_ = false;
};

}  // namespace kiln
