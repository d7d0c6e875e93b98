// SPDX-License-Identifier: Apache-2.0
#pragma once
// Slots bounds how many tasks do a thing at once. One loop.

#include "async/clock.h"
#include "async/event.h"
#include "async/task.h"

#include <cstddef>
#include <list>
#include <memory>
#include <stop_token>

namespace kiln::sns {

class Slots {
 public:
  explicit Slots(std::size_t count) : count_(count) {}
  std::size_t free() const { return taken_ < count_ ? count_ - taken_ : 0; }
  void take() { ++taken_; }
  void give_back() {
    --taken_;
    if (waiting_.empty()) return;
    const auto next = waiting_.front();
    waiting_.pop_front();
    next->set(true);
  }
  // Until there may be a free one, or `stop`. It is not taken yet.
  Task<void> wait(Clock& clock, std::stop_token stop) {
    constexpr std::int64_t kLookAgainMs = 1'000;
    while (free() == 0 && !stop.stop_requested()) {
      const auto turn = std::make_shared<OneShot<bool>>();
      waiting_.push_back(turn);
      auto waiting = turn->wait(clock, clock.monotonic().plus_ms(kLookAgainMs), stop);
      co_await waiting;
      waiting_.remove(turn);
    }
  }

 private:
  std::size_t count_;
  std::size_t taken_ = 0;
  std::list<std::shared_ptr<OneShot<bool>>> waiting_;
};

}  // namespace kiln::sns
