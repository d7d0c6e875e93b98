// SPDX-License-Identifier: Apache-2.0
#include "async/blocking_pool.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace kiln {

struct BlockingPool::Impl {
  // Constant after construction.
  std::size_t max_queued;
  Counter& rejected;
  std::vector<std::thread> workers;

  std::mutex mutex;
  std::condition_variable wake;
  // Protected by mutex.
  std::deque<std::move_only_function<void()>> jobs;
  bool closing = false;

  void work() {
    std::unique_lock lock(mutex);
    while (true) {
      wake.wait(lock, [this] { return closing || !jobs.empty(); });
      if (jobs.empty()) return;
      auto job = std::move(jobs.front());
      jobs.pop_front();
      lock.unlock();
      job();
      job = nullptr;
      lock.lock();
    }
  }
};

BlockingPool::BlockingPool(std::size_t threads, std::size_t max_queued, Metrics& metrics)
    : impl_(new Impl{.max_queued = max_queued,
                     .rejected = metrics.counter("kiln_blocking_pool_rejected_total")}) {
  for (std::size_t i = 0; i < threads; ++i)
    impl_->workers.emplace_back([impl = impl_.get()] { impl->work(); });
}

BlockingPool::~BlockingPool() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->closing = true;
  }
  impl_->wake.notify_all();
  for (std::thread& worker : impl_->workers) worker.join();
}

bool BlockingPool::submit(std::move_only_function<void()> job) {
  {
    const std::lock_guard lock(impl_->mutex);
    if (impl_->jobs.size() >= impl_->max_queued) {
      impl_->rejected.add();
      return false;
    }
    impl_->jobs.push_back(std::move(job));
  }
  impl_->wake.notify_one();
  return true;
}

}  // namespace kiln
