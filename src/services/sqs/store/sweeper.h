// SPDX-License-Identifier: Apache-2.0
#pragma once
// Sweeper gives back the space of messages past their retention, of deduplication ids that have had
// their time, and of deleted queues. Receivers never see any of it; ApproximateNumberOfMessages
// counts expired messages until they are swept.
//
// It looks every kIntervalMs; at one queue's messages every twentieth of its retention.
// Threads: one loop.

#include "async/clock.h"
#include "async/gate.h"
#include "async/task.h"
#include "base/result.h"
#include "iam/lru_cache.h"
#include "services/sqs/store/message_store.h"
#include "services/sqs/store/queue_directory.h"
#include "store/store.h"

#include <cstdint>
#include <stop_token>

namespace kiln::sqs {

class Sweeper {
 public:
  static constexpr std::int64_t kIntervalMs = 60'000;
  static constexpr std::size_t kRememberedQueues = 16'384;

  // All outlive the sweeper.
  Sweeper(store::Store& store, QueueDirectory& directory, MessageStore& messages, Clock& clock)
      : store_(store), directory_(directory), messages_(messages), clock_(clock) {}

  void start();
  Task<void> stop();
  // One look at everything. Called by the sweeper itself and by tests.
  Task<Status> sweep();

 private:
  Task<void> run(Gate::Pass pass);
  Task<Status> sweep_queue(QueueName name);
  Task<Status> collect_garbage();

  store::Store& store_;
  QueueDirectory& directory_;
  MessageStore& messages_;
  Clock& clock_;
  iam::LruCache<std::int64_t> looked_{kRememberedQueues};  // by partition: when, wall ms
  Gate gate_;
  std::stop_source stop_;
};

}  // namespace kiln::sqs
