// SPDX-License-Identifier: Apache-2.0
#include "async/system_clock.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <utility>

namespace kiln {
namespace {

constexpr std::size_t kDeadEntriesKept = 256;

std::uint32_t slot_of(Clock::TimerId id) { return static_cast<std::uint32_t>(id); }
std::uint32_t generation_of(Clock::TimerId id) { return static_cast<std::uint32_t>(id >> 32); }
Clock::TimerId make_id(std::uint32_t generation, std::uint32_t slot) {
  return static_cast<Clock::TimerId>(generation) << 32 | slot;
}

}  // namespace

Timestamp SystemClock::wall() const {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return {now.tv_sec * 1000 + now.tv_nsec / 1'000'000 +
          wall_offset_ms_.load(std::memory_order_relaxed)};
}

Monotonic SystemClock::monotonic() const {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return {now.tv_sec * 1'000'000'000 + now.tv_nsec};
}

bool SystemClock::later(const Entry& a, const Entry& b) {
  return std::pair(a.at_ns, a.id) > std::pair(b.at_ns, b.id);
}

Clock::TimerId SystemClock::schedule(Monotonic at, std::move_only_function<void()> fn) {
  if (free_slots_.empty()) {
    free_slots_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const std::uint32_t index = free_slots_.back();
  free_slots_.pop_back();
  Slot& slot = slots_[index];
  slot.fn = std::move(fn);
  slot.live = true;
  ++live_;
  const TimerId id = make_id(slot.generation, index);
  heap_.push_back({at.ns, id});
  std::push_heap(heap_.begin(), heap_.end(), later);
  if (at.ns < armed_ns_ && !firing_) arm();
  return id;
}

bool SystemClock::cancel(TimerId id) {
  Slot* slot = find_live(id);
  if (slot == nullptr) return false;
  // Destroyed at the end, when the clock is consistent: its captures may call back into the clock.
  const auto fn = release(*slot, id);
  if (heap_.size() > 2 * live_ + kDeadEntriesKept) drop_dead_entries();
  return true;
}

SystemClock::Slot* SystemClock::find_live(TimerId id) {
  if (slot_of(id) >= slots_.size()) return nullptr;
  Slot& slot = slots_[slot_of(id)];
  return slot.live && slot.generation == generation_of(id) ? &slot : nullptr;
}

std::move_only_function<void()> SystemClock::release(Slot& slot, TimerId id) {
  slot.live = false;
  --live_;
  auto fn = std::move(slot.fn);
  slot.fn = nullptr;
  // A slot whose generations are used up is retired.
  if (++slot.generation != 0) free_slots_.push_back(slot_of(id));
  return fn;
}

void SystemClock::drop_dead_entries() {
  std::erase_if(heap_, [this](const Entry& entry) { return find_live(entry.id) == nullptr; });
  std::make_heap(heap_.begin(), heap_.end(), later);
}

void SystemClock::arm() {
  while (!heap_.empty() && find_live(heap_.front().id) == nullptr) {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    heap_.pop_back();
  }
  if (heap_.empty()) {
    armed_ns_ = INT64_MAX;
    return;
  }
  armed_ns_ = heap_.front().at_ns;
  using TimePoint = boost::asio::steady_timer::time_point;
  timer_.expires_at(TimePoint(std::chrono::nanoseconds(armed_ns_)));
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) fire();
  });
}

void SystemClock::fire() {
  const std::int64_t now = monotonic().ns;
  std::vector<TimerId> due;
  while (!heap_.empty() && heap_.front().at_ns <= now) {
    due.push_back(heap_.front().id);
    std::pop_heap(heap_.begin(), heap_.end(), later);
    heap_.pop_back();
  }
  // A timer that another one cancels in this round does not run; one scheduled in this round runs
  // in a later round, so that the loop gets its turn.
  firing_ = true;
  for (TimerId id : due) {
    if (Slot* slot = find_live(id)) {
      auto fn = release(*slot, id);
      fn();
    }
  }
  firing_ = false;
  arm();
}

}  // namespace kiln
