// SPDX-License-Identifier: Apache-2.0
#pragma once
// Gate counts background tasks so that stop() can wait for the last one.
//
// Use: an object spawns a task that first takes `Gate::Pass pass = gate.enter()`; the object's
// stop() requests its stop token and awaits gate.closed(). One loop only.

#include <coroutine>
#include <cstddef>
#include <utility>
#include <vector>

namespace kiln {

class Gate {
 public:
  class Pass {
   public:
    Pass() = default;
    explicit Pass(Gate* gate) : gate_(gate) {}
    Pass(Pass&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
    Pass& operator=(Pass&& other) noexcept {
      if (this != &other) {
        leave();
        gate_ = std::exchange(other.gate_, nullptr);
      }
      return *this;
    }
    ~Pass() { leave(); }

   private:
    void leave();
    Gate* gate_ = nullptr;
  };

  Pass enter() {
    ++inside_;
    return Pass(this);
  }
  std::size_t inside() const { return inside_; }

  // co_await gate.closed(): resumes when nobody is inside.
  struct ClosedAwaiter {
    Gate& gate;
    bool await_ready() const noexcept { return gate.inside_ == 0; }
    void await_suspend(std::coroutine_handle<> h) { gate.waiting_.push_back(h); }
    void await_resume() const noexcept {}
  };
  ClosedAwaiter closed() { return {*this}; }

 private:
  std::size_t inside_ = 0;
  std::vector<std::coroutine_handle<>> waiting_;
};

inline void Gate::Pass::leave() {
  if (Gate* gate = std::exchange(gate_, nullptr); gate && --gate->inside_ == 0) {
    for (auto h : std::exchange(gate->waiting_, {})) h.resume();
  }
}

}  // namespace kiln
