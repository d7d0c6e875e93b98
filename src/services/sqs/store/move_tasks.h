// SPDX-License-Identifier: Apache-2.0
#pragma once
// MoveTasks starts, lists, cancels and runs message move tasks.
//
// Running tasks are the items of one durable queue, so that a task goes on after a crash, on any
// node. A message is sent to its new queue first and deleted then: after a crash between the two it
// may be there twice, in a FIFO queue not.
// Bounds: kMaxRunning tasks at once on this node, kKept tasks of a queue are remembered.
// Threads: one loop.

#include "async/clock.h"
#include "async/gate.h"
#include "async/task.h"
#include "base/random.h"
#include "base/result.h"
#include "queue/queue.h"
#include "services/sqs/model/move_task.h"
#include "services/sqs/store/message_store.h"
#include "services/sqs/store/queue_directory.h"
#include "store/store.h"

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace kiln::sqs {

class MoveTasks {
 public:
  static constexpr std::size_t kMaxRunning = 16;
  static constexpr std::size_t kKept = 10;

  // References outlive *this.
  MoveTasks(store::Store& store, queue::Queue& queue, QueueDirectory& directory,
            MessageStore& messages, Clock& clock, Random& random)
      : store_(store),
        queue_(queue),
        directory_(directory),
        messages_(messages),
        clock_(clock),
        random_(random) {}

  void start();
  Task<void> stop();

  // nullopt: another task of the source is active.
  Task<Result<std::optional<MoveTaskKey>>> begin(QueueName source, MoveTask task);
  // The latest first, at most `limit`.
  Task<Result<std::vector<std::pair<MoveTaskKey, MoveTask>>>> list(QueueName source,
                                                                   std::size_t limit);
  // nullopt: there is no such task. It is left alone, and answered as it is, unless it is RUNNING.
  Task<Result<std::optional<MoveTask>>> cancel(MoveTaskKey key);

 private:
  Task<void> work(Gate::Pass pass);
  Task<void> run(Gate::Pass pass, queue::Lease lease);
  Task<Status> run_task(MoveTaskKey key, std::string token);
  // How many were moved; an error text ends the task as FAILED.
  Task<Result<std::int64_t>> move_some(QueuePtr source, const MoveTask& task, std::string& failure);
  Task<Status> move_one(QueuePtr source, const MoveTask& task, queue::Lease lease,
                        std::string& failure);
  Task<Result<MoveTask>> record(MoveTaskKey key, std::int64_t moved, std::string_view status,
                                std::string failure);
  Task<Result<std::optional<MoveTaskKey>>> try_begin(MoveTaskKey key, MoveTask task);
  Task<Result<MoveTask>> try_record(MoveTaskKey key, std::int64_t moved, std::string_view status,
                                    std::string failure);

  store::Store& store_;
  queue::Queue& queue_;
  QueueDirectory& directory_;
  MessageStore& messages_;
  Clock& clock_;
  Random& random_;
  std::stop_source stop_;
  Gate gate_;
  std::size_t running_ = 0;
};

}  // namespace kiln::sqs
