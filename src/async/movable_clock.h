// SPDX-License-Identifier: Apache-2.0
#pragma once
// MovableClock is a host's clock that can be moved ahead: `kiln clock advance 6h` lets whatever
// waits by it go on at once. What has to agree with other machines and processes (signatures,
// connections, functions that run) keeps the host's clock.
//
// Threads: wall(), monotonic() anywhere; the rest on the clock's loop.

#include "async/clock.h"

#include <atomic>
#include <map>
#include <unordered_map>
#include <utility>

namespace kiln {

class MovableClock final : public Clock {
 public:
  // `host` outlives *this.
  explicit MovableClock(Clock& host) : host_(host) {}
  ~MovableClock() override;

  Timestamp wall() const override { return {host_.wall().ms + offset_ms_.load()}; }
  Monotonic monotonic() const override { return host_.monotonic().plus_ms(offset_ms_.load()); }
  TimerId schedule(Monotonic at, std::move_only_function<void()> fn) override;
  bool cancel(TimerId id) override;

  // REQUIRES: ms >= 0. Timers whose time has come run soon, in order.
  void advance_ms(std::int64_t ms);
  std::int64_t offset_ms() const { return offset_ms_.load(); }

 private:
  using Key = std::pair<Monotonic, TimerId>;
  void arm();
  void fire();

  Clock& host_;
  std::atomic<std::int64_t> offset_ms_{0};
  std::map<Key, std::move_only_function<void()>> timers_;
  std::unordered_map<TimerId, Monotonic> times_;
  TimerId last_id_ = 0;
  TimerId armed_ = 0;  // the host's timer; 0: none
  Monotonic armed_at_{};
};

}  // namespace kiln
