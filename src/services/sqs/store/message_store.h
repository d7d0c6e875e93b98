// SPDX-License-Identifier: Apache-2.0
#pragma once
// MessageStore is what happens to messages: SQS's rules on top of the durable queue
// (queue/queue.h).
//
// - A message is an item of the queue; on a FIFO queue its group is the item's. What is accepted is
//   on disk, together with its deduplication records, in one commit.
// - Messages past their queue's retention are never handed out; the sweeper erases them.
// Threads: one loop. Errors: those of queue::Queue.

#include "async/clock.h"
#include "async/task.h"
#include "base/metrics.h"
#include "base/result.h"
#include "iam/lru_cache.h"
#include "metering/resource_meter.h"
#include "queue/pending.h"
#include "queue/queue.h"
#include "services/sqs/model/message.h"
#include "services/sqs/store/in_flight.h"
#include "services/sqs/store/queue_directory.h"
#include "store/store.h"

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace kiln::sqs {

inline constexpr std::int64_t kDeduplicationMs = 5 * 60'000;

struct Outgoing {
  Message message;
  std::int64_t delay_seconds = 0;
  bool names_trace = false;  // the trace header is a system attribute that the sender gave
};

struct Accepted {
  std::string id;
  std::int64_t sequence = 0;  // FIFO
};

struct ReceiveOptions {
  std::size_t max = 1;
  std::int64_t visibility_seconds = 30;
  std::int64_t wait_ms = 0;
  std::string attempt_id = {};  // FIFO: the same one gets the same messages again
  std::stop_token stop;
};

struct Received {
  Message message;
  std::string id;
  std::string handle;
  std::int64_t sent_ms = 0;
  std::int64_t first_received_ms = 0;
  int receive_count = 0;
  std::int64_t sequence = 0;       // FIFO
  Timestamp visible_at;            // again, when it is not deleted before
  std::string dead_letter_source;  // ARN of the queue that it was moved from; else empty
};

// SequenceNumber: 20 digits that grow with the queue's own numbers.
std::string sequence_text(std::int64_t sequence);
// Every system attribute of a received message.
TextMap system_attributes(const Received& received);

enum class Deleted : std::uint8_t { kDone, kExpired };
enum class Changed : std::uint8_t { kDone, kNotInFlight };

class MessageStore {
 public:
  static constexpr std::size_t kRememberedUses = 4'096;

  // References outlive *this.
  MessageStore(store::Store& store, queue::Queue& queue, QueueDirectory& directory, Clock& clock,
               Metrics& metrics, metering::ResourceMeter& meter);

  // All in one commit. A duplicate (FIFO) answers what its first message was answered.
  Task<Result<std::vector<Accepted>>> send(QueuePtr queue, std::vector<Outgoing> messages);
  // Empty when nothing came in time, when `stop` was requested, or when a FIFO queue has all it may
  // have in flight. kLimitExceeded: a standard queue has.
  Task<Result<std::vector<Received>>> receive(QueuePtr queue, ReceiveOptions options);
  // At most queue::kMaxClaim, in one commit.
  Task<Result<std::vector<Deleted>>> remove(QueuePtr queue, std::vector<Receipt> receipts);
  Task<Result<Changed>> change_visibility(QueuePtr queue, Receipt receipt, std::int64_t ms);
  Task<Result<queue::Counts>> counts(QueuePtr queue) { return queue_.counts(queue->messages); }
  // Counts what waits in the queue, as its metrics ApproximateNumberOfMessages*: of queues that
  // have messages, or were used here in the last six hours.
  Task<Status> measure(QueuePtr queue);
  Task<Result<queue::Backlog>> backlog(QueuePtr queue) {
    return queue::backlog_of(queue_, queue->messages, clock_.wall());
  }
  // Erases the messages sent before `before_ms`.
  Task<Status> purge(queue::QueueId messages, std::int64_t before_ms);
  // Erases deduplication records that have had their five minutes; with `all`, every one.
  Task<Status> forget_deduplication(queue::QueueId messages, bool all);

 private:
  // Where a message of a FIFO queue stands with its deduplication id.
  struct Deduplication {
    std::string scope;  // the group, where ids count within groups
    std::string id;
    std::string key;
    std::size_t first = 0;          // the first message of this call with the same key
    std::size_t item = 0;           // of the new items
    std::optional<Accepted> known;  // it was sent before
  };
  void note_sent(const Queue& queue, const Message& message);
  Task<Result<bool>> find_duplicate(store::Batch& batch, QueuePtr queue, Deduplication& wanted);
  Task<Result<bool>> try_send_fifo(QueuePtr queue, std::vector<Outgoing> messages,
                                   std::vector<Accepted>& out);
  Task<Result<std::vector<Received>>> receive_new(QueuePtr queue, const ReceiveOptions& options);
  Task<Result<std::vector<Received>>> receive_again(QueuePtr queue, const ReceiveOptions& options);
  Task<Status> remember_attempt(QueuePtr queue, const ReceiveOptions& options,
                                const std::vector<Received>& received);
  Task<Result<std::vector<Received>>> keep_current(QueuePtr queue,
                                                   std::vector<queue::Lease> leases);

  store::Store& store_;
  queue::Queue& queue_;
  QueueDirectory& directory_;
  Clock& clock_;
  InFlight in_flight_;
  metering::ResourceMeter& meter_;
  iam::LruCache<std::int64_t> used_{kRememberedUses};  // by partition: when, wall ms
  Counter& sent_;
  Counter& received_;
  Counter& deleted_;
  Counter& expired_;
  Counter& duplicates_;
};

}  // namespace kiln::sqs
