// SPDX-License-Identifier: Apache-2.0
#pragma once
// The outbox: a side effect on another resource, committed with its cause and delivered later.
//
// Outbox adds entries to the cause's batch, in the cause's partition (a key prefix, see QueueId).
// OutboxRelay delivers them through a Deliverer, at least once, with the entry's id, so that the
// target can tell a repeat. The entries of a partition are the items of one queue (keys.h), so
// leases, several nodes, waiting and the order of a group are the queue's.
//
// Which partitions have entries is in a registry (work_registry.h).
// Threads: one loop.

#include "async/clock.h"
#include "async/event.h"
#include "async/fault_points.h"
#include "async/gate.h"
#include "base/metrics.h"
#include "base/random.h"
#include "queue/queue.h"
#include "queue/work_registry.h"

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

namespace kiln::queue {

inline constexpr std::size_t kMaxOutboxPayload = (1024 + 32) * 1024;

struct OutboxEntry {
  std::string target;    // what the Deliverer knows it by: an ARN
  std::string payload;   // at most kMaxOutboxPayload
  std::string order;     // entries of one partition with the same one are delivered in turn
  int max_attempts = 0;  // 0: no bound but the age
  std::int64_t max_age_ms = 6 * 60 * 60 * 1'000LL;
  std::int64_t delay_ms = 0;
};

struct Delivery {
  std::string id;  // the same at each attempt
  std::string partition;
  std::string target;
  std::string payload;
  int attempt = 0;  // from 1
  Timestamp created;
};

class Deliverer {
 public:
  virtual ~Deliverer() = default;
  // kInvalidArgument and kNotFound are final; every other error is tried again, later.
  virtual Task<Status> deliver(Delivery delivery) = 0;
  // The entry has failed for good. It is given up once this succeeds.
  virtual Task<Status> dead_letter(Delivery delivery, Error last) = 0;
};

class Outbox {
 public:
  // References outlive *this.
  Outbox(store::Store& store, Queue& queue, Clock& clock)
      : registry_(store, "outbox"), queue_(queue), clock_(clock) {}

  // Adds `entries` to the cause's batch, and checks: the commit may answer kConflict, then build
  // the batch again. Once per batch. Keep the result's `pending` until the commit has returned.
  Task<Result<Sent>> add_entries(store::Batch& batch, std::string partition,
                                 std::vector<OutboxEntry> entries);

 private:
  friend class OutboxRelay;
  WorkRegistry registry_;
  Queue& queue_;
  Clock& clock_;
  std::function<void(const std::string&)> added_;  // set by the relay of this process
};

struct RelayOptions {
  std::size_t max_partitions = 256;  // served at once; others wait for the next scan
  std::size_t max_in_flight = 64;    // deliveries at once
  std::int64_t lease_ms = 60'000;    // longer than a delivery takes
  std::int64_t scan_every_ms = 5'000;
  std::int64_t idle_ms = 60'000;  // after which an empty partition is forgotten
  std::int64_t first_retry_ms = 500;
  std::int64_t max_retry_ms = 5 * 60'000;
};

// What an entry in the queue of a partition is for: its target and payload.
Result<OutboxEntry> decode_outbox_entry(std::string_view bytes);

class OutboxRelay {
 public:
  // References outlive *this. One relay a process.
  OutboxRelay(Outbox& outbox, Deliverer& deliverer, Clock& clock, Random& random, Metrics& metrics,
              FaultPoints& faults, RelayOptions options = {});
  ~OutboxRelay();
  void start();
  // Waits for deliveries under way. Called once, after start(), before the queue stops.
  Task<void> stop();

 private:
  Task<void> scan_registry();
  void serve_soon(const std::string& partition);
  Task<void> serve(std::string partition);
  Task<void> deliver(QueueId queue, std::string partition, Lease lease);
  Task<Status> conclude(QueueId queue, std::string partition, Lease lease);
  Task<void> free_slot();
  std::int64_t retry_delay(int attempt);

  Outbox& outbox_;
  Deliverer& deliverer_;
  Clock& clock_;
  Random& random_;
  FaultPoints& faults_;
  RelayOptions options_;
  Counter& delivered_;
  Counter& retries_;
  Counter& dead_letters_;
  Counter& partitions_served_;
  std::stop_source stop_;
  Gate gate_;
  std::size_t in_flight_ = 0;
  std::list<std::shared_ptr<OneShot<bool>>> wanting_slots_;
  std::set<std::string> serving_;
  bool crowded_ = false;  // a partition was turned away since the last scan
};

}  // namespace kiln::queue
