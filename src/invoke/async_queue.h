// SPDX-License-Identifier: Apache-2.0
#pragma once
// AsyncQueue accepts asynchronous invocations: an event is on disk when accept() returns. Each
// function has a queue of its own, in its partition, so that a backlog of one stops no other.
// AsyncDispatcher (async_dispatcher.h) runs what is here. Threads: one loop.

#include "async/task.h"
#include "base/metrics.h"
#include "base/random.h"
#include "base/result.h"
#include "invoke/async_event.h"
#include "invoke/async_observer.h"
#include "queue/queue.h"
#include "queue/work_registry.h"
#include "store/store.h"

#include <functional>
#include <string>

namespace kiln::invoke {

class AsyncAcceptor {
 public:
  virtual ~AsyncAcceptor() = default;
  // The caller has checked that the function exists and that the payload is JSON of a good size.
  virtual Task<Status> accept(AsyncEvent event) = 0;
};

class AsyncQueue final : public AsyncAcceptor {
 public:
  // References outlive *this.
  AsyncQueue(store::Store& store, queue::Queue& queue, Random& random, Metrics& metrics,
             AsyncObserver& observer);
  Task<Status> accept(AsyncEvent event) override;

 private:
  friend class AsyncDispatcher;
  Task<Result<bool>> try_accept(const AsyncEvent& event, const std::string& partition,
                                const std::string& bytes);

  store::Store& store_;
  queue::Queue& queue_;
  queue::WorkRegistry registry_;
  Random& random_;
  AsyncObserver& observer_;
  Counter& received_;
  std::function<void(const std::string&)> added_;  // set by the dispatcher of this process
};

}  // namespace kiln::invoke
