// SPDX-License-Identifier: Apache-2.0
#pragma once
// BlockingPool runs work that blocks (RocksDB, unzip, hashing of large bodies) off the loop.
//
// Bound: `threads` workers and `max_queued` waiting jobs; past that run() answers kLimitExceeded
// and kiln_blocking_pool_rejected_total moves.

#include "async/executor.h"
#include "async/task.h"
#include "base/metrics.h"
#include "base/result.h"

#include <coroutine>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace kiln {

class BlockingPool {
 public:
  BlockingPool(std::size_t threads, std::size_t max_queued, Metrics& metrics);
  ~BlockingPool();  // waits for running jobs; queued ones are run too

  // Queues `job`; false when the queue is full.
  bool submit(std::move_only_function<void()> job);

  // Runs `fn` (returning Result<T>) on a worker and resumes the caller on `home`.
  template <class F, class R = std::invoke_result_t<F>>
  Task<R> run(Executor& home, F fn) {
    std::optional<R> result;
    Job<F, R> job{*this, home, fn, result};
    const bool accepted = co_await job;
    if (!accepted) co_return fail(ErrorCode::kLimitExceeded, "too much blocking work is queued");
    co_return std::move(*result);
  }

 private:
  template <class F, class R>
  struct Job {
    BlockingPool& pool;
    Executor& home;
    F& fn;
    std::optional<R>& result;
    bool accepted = true;
    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> h) {
      // The frame may be gone as soon as the job is queued: touch nothing of it afterwards.
      const bool queued = pool.submit([this, h] {
        result.emplace(fn());
        home.post([h] { h.resume(); });
      });
      if (!queued) accepted = false;
      return queued;
    }
    bool await_resume() const noexcept { return accepted; }
  };
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kiln
