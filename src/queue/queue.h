// SPDX-License-Identifier: Apache-2.0
#pragma once
// Queue is the one durable work queue (delay, lease, dead letter, wake) that asynchronous
// invocation, SQS, SNS, schedules and destinations use. This is the port; no engine exists yet.
//
// Delivery is at least once: a claim leases an item; it comes back when the lease ends without
// done(). A send and a done are on disk when they return; a claim need not be.

#include "async/task.h"
#include "base/result.h"
#include "base/time.h"
#include "store/store.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kiln::queue {

struct Item {
  std::string id;       // unique in its queue
  std::string payload;  // at most store::kMaxValueBytes; larger bodies go to blob/
  int attempts = 0;     // claims so far, this one included
  Timestamp sent;
};

struct Lease {
  Item item;
  std::string token;  // names this claim; a stale one is refused
  Timestamp until;
};

class Queue {
 public:
  virtual ~Queue() = default;
  // Adds the writes of a send to the cause's own batch, so both happen or neither does.
  virtual Status add_send(store::Batch& batch, std::string queue, std::string payload,
                          Timestamp visible_at) = 0;
  // Up to `max` visible items, each leased for `lease_ms`. Waits up to `wait_ms` for the first.
  virtual Task<Result<std::vector<Lease>>> claim(std::string queue, std::size_t max,
                                                 std::int64_t lease_ms, std::int64_t wait_ms) = 0;
  // Removes the item. kConflict when the lease was lost.
  virtual Task<Status> done(std::string queue, Lease lease) = 0;
  // Gives the item back, visible at `visible_at`.
  virtual Task<Status> release(std::string queue, Lease lease, Timestamp visible_at) = 0;
  // Moves the item to `dead_letter_queue` in one commit.
  virtual Task<Status> bury(std::string queue, Lease lease, std::string dead_letter_queue) = 0;
};

}  // namespace kiln::queue
