// SPDX-License-Identifier: Apache-2.0
#include "async/movable_clock.h"

#include <utility>
#include <vector>

namespace kiln {

MovableClock::~MovableClock() {
  if (armed_ != 0) host_.cancel(armed_);
}

Clock::TimerId MovableClock::schedule(Monotonic at, std::move_only_function<void()> fn) {
  const TimerId id = ++last_id_;
  timers_.emplace(Key{at, id}, std::move(fn));
  times_[id] = at;
  if (armed_ == 0 || at < armed_at_) arm();
  return id;
}

bool MovableClock::cancel(TimerId id) {
  const auto found = times_.find(id);
  if (found == times_.end()) return false;
  // Destroyed at the end, when the clock is consistent.
  const auto node = timers_.extract(Key{found->second, id});
  times_.erase(found);
  return true;
}

void MovableClock::advance_ms(std::int64_t ms) {
  offset_ms_ += ms;
  arm();
}

void MovableClock::arm() {
  if (armed_ != 0) host_.cancel(std::exchange(armed_, 0));
  if (timers_.empty()) return;
  armed_at_ = timers_.begin()->first.first;
  armed_ = host_.schedule(armed_at_.plus_ms(-offset_ms_.load()), [this] { fire(); });
}

void MovableClock::fire() {
  armed_ = 0;
  const Monotonic now = monotonic();
  std::vector<Key> due;
  for (const auto& [key, fn] : timers_) {
    if (key.first > now) break;
    due.push_back(key);
  }
  // One that another cancels in this round does not run; one made in this round runs in the next.
  for (const Key& key : due) {
    const auto node = timers_.extract(key);
    if (node.empty()) continue;
    times_.erase(key.second);
    node.mapped()();
  }
  arm();
}

}  // namespace kiln
