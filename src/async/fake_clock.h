// SPDX-License-Identifier: Apache-2.0
#pragma once
// FakeClock: time that stands still until a test moves it. Timers fire inside advance_ms(), in
// order.

#include "async/clock.h"

#include <map>

namespace kiln {

class FakeClock final : public Clock {
 public:
  explicit FakeClock(Timestamp start = {1'767'225'600'000}) : wall_(start) {}  // 2026-01-01
  Timestamp wall() const override { return wall_; }
  Monotonic monotonic() const override { return now_; }
  TimerId schedule(Monotonic at, std::move_only_function<void()> fn) override {
    const TimerId id = ++last_id_;
    timers_.emplace(std::pair(at, id), std::move(fn));
    return id;
  }
  bool cancel(TimerId id) override {
    for (auto it = timers_.begin(); it != timers_.end(); ++it) {
      if (it->first.second == id) {
        timers_.erase(it);
        return true;
      }
    }
    return false;
  }
  void advance_ms(std::int64_t ms) {
    const Monotonic end = now_.plus_ms(ms);
    while (!timers_.empty() && timers_.begin()->first.first <= end) {
      auto node = timers_.extract(timers_.begin());
      move_to(std::max(now_, node.key().first));
      node.mapped()();
    }
    move_to(end);
  }
  std::size_t pending() const { return timers_.size(); }

 private:
  void move_to(Monotonic to) {
    wall_.ms += (to.ns - start_of_ms_.ns) / 1'000'000;
    start_of_ms_.ns += (to.ns - start_of_ms_.ns) / 1'000'000 * 1'000'000;
    now_ = to;
  }
  Timestamp wall_;
  Monotonic now_{};
  Monotonic start_of_ms_{};
  TimerId last_id_ = 0;
  std::map<std::pair<Monotonic, TimerId>, std::move_only_function<void()>> timers_;
};

}  // namespace kiln
