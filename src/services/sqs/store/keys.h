// SPDX-License-Identifier: Apache-2.0
#pragma once
// The keys of SQS. A R: account and region; M: the partition of one queue's messages.
//
//   A R sqs queue NAME          -> QueueRecord
//   A R sqs deleted NAME        -> when a queue of this name was deleted, wall ms
//   A R sqs messages NAME ID    = M: the QueueId of its messages (queue/keys.h); besides
//     M dedup SCOPE ID          -> DeduplicationRecord
//     M dedup-end MS SCOPE ID   -> (the record may be erased then)
//     (SCOPE: the group where ids count within groups; or kAttempts, ID then a receive's)
//   A R sqs move NAME MS ID     -> MoveTask
//   A R sqs moving NAME         -> the id of the queue's active one
//   sqs-moves                   = the QueueId of the active tasks of all accounts
//   sqs-queues A R NAME         -> (there is such a queue). Global: scanned by the sweeper
//   sqs-garbage A R NAME ID     -> (messages of a deleted queue, to erase). Global

#include "queue/queue.h"
#include "services/sqs/model/queue_record.h"
#include "store/tuple.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace kiln::sqs::keys {

inline std::string queue(const QueueName& q) {
  return store::key(q.account, q.region, "sqs", "queue", q.name);
}
inline std::string queues(std::string_view account, std::string_view region) {
  return store::key(account, region, "sqs", "queue");
}
inline std::string deleted(const QueueName& q) {
  return store::key(q.account, q.region, "sqs", "deleted", q.name);
}
inline queue::QueueId messages(const QueueName& q, std::string_view id) {
  return store::key(q.account, q.region, "sqs", "messages", q.name, id);
}

// The queue whose messages lie in this partition.
inline Result<QueueName> owner_of(const queue::QueueId& messages) {
  store::KeyReader key(messages);
  QueueName out;
  KILN_TRY(out.account, key.next_string());
  KILN_TRY(out.region, key.next_string());
  KILN_TRY_VOID(key.next_string());
  KILN_TRY_VOID(key.next_string());
  KILN_TRY(out.name, key.next_string());
  return out;
}

inline std::string deduplication(const queue::QueueId& messages, std::string_view scope,
                                 std::string_view id) {
  return messages + store::key("dedup", scope, id);
}
inline std::string deduplication_ends(const queue::QueueId& messages) {
  return messages + store::key("dedup-end");
}
inline std::string deduplication_end(const queue::QueueId& messages, std::int64_t ms,
                                     std::string_view scope, std::string_view id) {
  return messages + store::key("dedup-end", ms, scope, id);
}

// Scope of the ids of receives: no group is named so.
inline constexpr std::string_view kAttempts = "\x01";

inline std::string move_tasks(const QueueName& q) {
  return store::key(q.account, q.region, "sqs", "move", q.name);
}
inline std::string move_task(const QueueName& q, std::int64_t started_ms, std::string_view id) {
  return store::key(q.account, q.region, "sqs", "move", q.name, started_ms, id);
}
inline std::string moving(const QueueName& q) {
  return store::key(q.account, q.region, "sqs", "moving", q.name);
}
inline queue::QueueId moves() { return store::key("sqs-moves"); }

inline std::string queue_index() { return store::key("sqs-queues"); }
inline std::string queue_entry(const QueueName& q) {
  return store::key("sqs-queues", q.account, q.region, q.name);
}
inline std::string garbage_index() { return store::key("sqs-garbage"); }
inline std::string garbage(const QueueName& q, std::string_view id) {
  return store::key("sqs-garbage", q.account, q.region, q.name, id);
}

}  // namespace kiln::sqs::keys
