// SPDX-License-Identifier: Apache-2.0
#pragma once
// OneShot<T>: one value handed from a producer to one awaiting consumer, with deadline and stop.
//
// Lifecycle: empty -> set (once) | deadline | stopped. wait() is called at most once.
// Threads: one loop; set() from elsewhere goes through Executor::post.
// Ownership: the consumer owns it and outlives the wait; producers that may come late hold it by
// shared_ptr.

#include "async/clock.h"
#include "async/task.h"
#include "base/result.h"

#include <coroutine>
#include <optional>
#include <stop_token>
#include <utility>

namespace kiln {

template <class T>
class OneShot {
 public:
  // False when a value is already there. Resumes the waiter inline.
  bool set(T value) {
    if (value_) return false;
    value_.emplace(std::move(value));
    wake();
    return true;
  }
  bool has_value() const { return value_.has_value(); }

  // kTimeout at `deadline`, kCancelled when `stop` is requested first.
  Task<Result<T>> wait(Clock& clock, Monotonic deadline, std::stop_token stop) {
    if (!value_) {
      const auto timer = clock.schedule(deadline, [this] { finish(ErrorCode::kTimeout); });
      {
        std::stop_callback on_stop(stop, [this] { finish(ErrorCode::kCancelled); });
        if (!value_ && !failure_) co_await Suspend{*this};
      }
      clock.cancel(timer);
    }
    if (value_) co_return std::move(*value_);
    co_return fail(*failure_, *failure_ == ErrorCode::kTimeout ? "deadline passed" : "stopped");
  }

 private:
  struct Suspend {
    OneShot& self;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> h) { self.waiter_ = h; }
    void await_resume() const noexcept {}
  };
  void finish(ErrorCode code) {
    if (value_ || failure_) return;
    failure_ = code;
    wake();
  }
  void wake() {
    if (auto h = std::exchange(waiter_, nullptr)) h.resume();
  }
  std::optional<T> value_;
  std::optional<ErrorCode> failure_;
  std::coroutine_handle<> waiter_;
};

}  // namespace kiln
