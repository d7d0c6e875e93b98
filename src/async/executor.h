// SPDX-License-Identifier: Apache-2.0
#pragma once
// Executor runs callbacks one after another on one thread (a loop).
//
// post() may be called from any thread; everything else in Kiln says which executor it lives on.

#include "async/task.h"

#include <coroutine>
#include <functional>

namespace kiln {

class Executor {
 public:
  virtual ~Executor() = default;
  // Runs `fn` later on the executor's thread, in order of posting. Never runs it inline.
  virtual void post(std::move_only_function<void()> fn) = 0;
  // True on the executor's own thread.
  virtual bool running_in_this_thread() const = 0;
};

// Starts `task` at once on the current thread and lets it run to its end unowned. An exception that
// leaves it is logged and aborts: a detached task handles its own failures.
// Track its lifetime with a Gate (async/gate.h) when it uses an object that can be stopped.
void spawn(Task<void> task);

// co_await resume_on(executor): continues on that executor's thread.
struct ResumeOn {
  Executor& executor;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> h) const {
    executor.post([h] { h.resume(); });
  }
  void await_resume() const noexcept {}
};
inline ResumeOn resume_on(Executor& executor) { return {executor}; }

}  // namespace kiln
