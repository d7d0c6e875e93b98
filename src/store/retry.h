// SPDX-License-Identifier: Apache-2.0
#pragma once
// retry_on_conflict: read, compute and commit again while a store check fails.

#include "async/task.h"
#include "base/result.h"

#include <type_traits>
#include <utility>

namespace kiln::store {

inline constexpr int kMaxConflictRetries = 256;

// Calls `attempt()`, which returns a Task<Result<T>> of a named coroutine (no capturing lambda
// coroutines), until it answers anything but kConflict, kMaxConflictRetries times at most. Each
// conflict means that another commit got through, so there is progress without waiting.
template <class F>
std::invoke_result_t<F&> retry_on_conflict(F attempt) {
  for (int tries = 1;; ++tries) {
    auto task = attempt();
    auto result = co_await task;
    const bool conflict = !result && result.error().code == ErrorCode::kConflict;
    if (!conflict || tries == kMaxConflictRetries) co_return result;
  }
}

}  // namespace kiln::store
