// SPDX-License-Identifier: Apache-2.0
#pragma once
// WorkRegistry knows which partitions may have items in their queue of one kind (the outbox,
// asynchronous events), so that a start finds the work without scanning partitions.
//
// - The first item of a partition writes a guard in it and the registration, in its own batch;
//   later ones check the guard and touch no other partition.
// - Who finds a partition empty for a while erases the guard, looks again, and only then erases the
//   registration it read before. An item that comes between fails its check of the guard, or has
//   renewed the registration.
// Threads: one loop.

#include "async/fault_points.h"
#include "queue/queue.h"

#include <functional>
#include <stop_token>
#include <string>

namespace kiln::queue {

class WorkRegistry {
 public:
  // `name`: the kind of queue, see keys.h. References outlive *this.
  WorkRegistry(store::Store& store, std::string name) : store_(store), name_(std::move(name)) {}

  QueueId queue_of(const std::string& partition) const;
  // For a batch that adds an item to queue_of(partition): adds checks, so the commit may answer
  // kConflict; then build the batch again.
  Task<Status> add(store::Batch& batch, std::string partition);
  // Calls `found` with every partition that may have items.
  Task<void> scan(std::function<void(const std::string&)> found, std::stop_token stop);
  // True: the queue is empty, and the partition is out of the registry.
  Task<Result<bool>> retire(std::string partition, FaultPoints& faults);

 private:
  store::Store& store_;
  const std::string name_;
};

}  // namespace kiln::queue
