// SPDX-License-Identifier: Apache-2.0
#pragma once
// Queue is the one durable work queue (delay, lease, dead letter, groups, wake) that asynchronous
// invocation, SQS, SNS, schedules, destinations and the outbox use. Engine: store_queue.h.
//
// - At least once. A claim leases an item; the item comes back when the lease ends without done().
//   A lease is exclusive until its end, as the claimer's clock tells it. After it, its token stays
//   good until the next claim of the item (in a group: is refused at once).
// - Order: by the time of visibility, roughly. Exact in a group: its items are claimed in the order
//   of their commits, and none while an earlier claim of the group is in flight.
// - On disk when it returns: send, done, bury, purge. A claim, change and release need not be:
// after
//   a power loss the item comes back earlier, and the claim is not counted.
// - Any number of processes use one queue. A store conflict is retried inside.
// Errors: kConflict: the lease is lost. kUnknownOutcome: it may have happened. kLimitExceeded:
// payload or batch too large. Threads: one loop.

#include "async/task.h"
#include "base/result.h"
#include "base/time.h"
#include "store/store.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace kiln::queue {

// A message of 1 MiB (the largest of SQS, and of asynchronous events) and what is told about it.
inline constexpr std::size_t kMaxPayloadBytes = (1024 + 64) * 1024;
inline constexpr std::size_t kMaxClaim = 100;
inline constexpr std::size_t kMaxNoteBytes = 4 * 1024;
// How many items of one group a claim takes at most.
inline constexpr std::size_t kMaxClaimOfGroup = 10;

// A queue is named by the key prefix that its data lives under, the partition of the resource it
// belongs to: store::key(account, region, "sqs", queue_id). A queue exists while it has items.
using QueueId = std::string;

struct Message {
  std::string payload;
  Timestamp visible_at{};  // now when in the past
  std::string group;       // empty: none
};

struct Item {
  std::string id;  // a UUID (version 7), kept when the item moves to another queue
  std::string payload;
  std::string group;
  std::int64_t sequence = 0;  // grows within a group; 0 without one
  std::string note;           // what release() left
  int attempts = 0;           // claims so far, this one included
  Timestamp sent;
  Timestamp first_claimed;  // 0: never
  Timestamp visible_at;     // the end of the lease, of a leased one
  QueueId moved_from;       // the queue it was buried in last; empty: none
  Timestamp moved;          // when
};

struct Lease {
  Item item;
  std::string token;  // binary; names this claim
};

// An item as find() sees it.
struct Found {
  Item item;
  bool held = false;  // by the token that was asked for; its lease may have ended (visible_at)
};

struct SentItem {
  std::string id;
  std::int64_t sequence = 0;
};
struct Sent {
  std::vector<SentItem> items;
  // Keep it until the batch's commit has returned: then waiting claims are woken. When it is let go
  // earlier, the items may be found a minute late by this process.
  std::shared_ptr<void> pending;
};

struct ClaimOptions {
  std::size_t max = 1;  // at most kMaxClaim
  std::size_t max_of_group = kMaxClaimOfGroup;
  std::int64_t lease_ms = 30'000;
  std::int64_t wait_ms = 0;  // for the first item
  std::stop_token stop;
  // An item claimed this often is moved to `dead_letter` by the next claim. 0: never.
  int max_attempts = 0;
  QueueId dead_letter;
};

struct Counts {
  std::int64_t visible = 0;  // the rest of a group in flight included
  std::int64_t delayed = 0;
  std::int64_t leased = 0;
  // False: the queue is long, and the numbers are those of a count up to a minute ago, or a lower
  // bound while the first one runs.
  bool exact = true;
};

class Queue {
 public:
  virtual ~Queue() = default;

  // Adds the writes of a send to the cause's own batch, so both happen or neither does. Reads
  // nothing, adds no check. kInvalidArgument for a message of a group.
  virtual Result<Sent> add_send(store::Batch& batch, const QueueId& queue, Message message) = 0;
  // The same for messages of groups (and others), in order. Reads the groups and adds checks: the
  // commit may answer kConflict, then build the batch again. Once per batch and queue.
  virtual Task<Result<Sent>> add_sends(store::Batch& batch, QueueId queue,
                                       std::vector<Message> messages) = 0;
  // All in one commit, or none.
  virtual Task<Result<std::vector<SentItem>>> send(QueueId queue,
                                                   std::vector<Message> messages) = 0;

  // Empty when nothing became visible in time; kCancelled when stopped while waiting.
  virtual Task<Result<std::vector<Lease>>> claim(QueueId queue, ClaimOptions options) = 0;
  // Moves the end of the lease. The token stays good, even when `until` is now.
  virtual Task<Status> change_visibility(QueueId queue, std::string token, Timestamp until) = 0;
  // Removes the item.
  virtual Task<Status> done(QueueId queue, std::string token) = 0;
  // Adds the writes and the check of done() to the caller's batch. False: the lease is lost. The
  // commit may answer kConflict, then build the batch again. kInvalidArgument for an item of a
  // group.
  virtual Task<Result<bool>> add_done(store::Batch& batch, QueueId queue, std::string token) = 0;
  // Removes the items of all these tokens in one commit, at most kMaxClaim; answers for each
  // whether it did (false: the lease is lost).
  virtual Task<Result<std::vector<bool>>> done_all(QueueId queue,
                                                   std::vector<std::string> tokens) = 0;
  // Gives the item back, visible at `visible_at`. The token is spent. `note` (kMaxNoteBytes) stays
  // with the item until the next release.
  virtual Task<Status> release(QueueId queue, std::string token, Timestamp visible_at,
                               std::string note = {}) = 0;
  // Moves the item to `to` in one commit: same id, payload, group and time of sending.
  virtual Task<Status> bury(QueueId queue, std::string token, QueueId to) = 0;

  virtual Task<Result<Counts>> counts(QueueId queue) = 0;
  // The item that a token was given for, whoever has it now; nullopt: it is gone. The payload is
  // read only when asked for.
  virtual Task<Result<std::optional<Found>>> find(QueueId queue, std::string token,
                                                  bool with_payload) = 0;
  // How many items are leased now: exact up to `limit`, past it anything that is not less.
  virtual Task<Result<std::int64_t>> count_leased(QueueId queue, std::int64_t limit) = 0;
  // Removes every item sent (in a group: sent or moved here) before `sent_before`, leased ones too.
  // Not one commit: after an error or a crash some are gone; call it again.
  virtual Task<Status> purge(QueueId queue, Timestamp sent_before) = 0;
  // The first items by time of visibility, at most kMaxClaim; claims nothing.
  virtual Task<Result<std::vector<Item>>> peek(QueueId queue, std::size_t limit) = 0;
};

}  // namespace kiln::queue
