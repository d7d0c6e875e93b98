// SPDX-License-Identifier: Apache-2.0
#include "async/executor.h"

#include "base/log.h"

#include <cstdlib>
#include <string>

namespace kiln {
namespace {

// A coroutine that nobody owns: it destroys its own frame at its end.
struct Detached {
  struct promise_type {
    Detached get_return_object() const noexcept { return {}; }
    std::suspend_never initial_suspend() const noexcept { return {}; }
    std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() const noexcept {
      try {
        throw;
      } catch (const std::exception& error) {
        log::error("async", std::string("exception left a detached task: ") + error.what());
      } catch (...) {
        log::error("async", "unknown exception left a detached task");
      }
      std::abort();
    }
  };
};

Detached run_detached(Task<void> task) { co_await task; }

}  // namespace

void spawn(Task<void> task) { run_detached(std::move(task)); }

}  // namespace kiln
