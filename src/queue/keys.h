// SPDX-License-Identifier: Apache-2.0
#pragma once
// The keys of a queue. Q is the queue's id: the prefix of its partition.
//
//   Q queue due DUE KIND NAME  -> IndexRecord: one per item without group (NAME its id), one per
//                                 group. DUE: when a claim may take it, wall ms.
//   Q queue item ID            -> ItemRecord of an item without group; guards its due entry
//   Q queue group GROUP        -> GroupRecord; guards the group's line and its due entry
//   Q queue line GROUP SEQ     -> ItemRecord of an item of a group
//   Q queue body ID PART       -> a part of a payload too long to be written again at each claim
//
// Queues of one kind NAME ("outbox", "async"), at most one in each partition P: the queue `P NAME`.
//   P NAME guard               -> (the partition is in the registry)
//   NAME SHARD P               -> (P may have items). Global: the registry (work_registry.h).

#include "queue/queue.h"
#include "store/tuple.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace kiln::queue::keys {

enum class Kind : std::uint8_t { kItem = 0, kGroup = 1 };

inline std::string all_due(const QueueId& queue) { return queue + store::key("queue", "due"); }
inline std::string due_from(const QueueId& queue, std::int64_t ms) {
  return queue + store::key("queue", "due", ms);
}
inline std::string due(const QueueId& queue, std::int64_t ms, Kind kind, std::string_view name) {
  return queue + store::key("queue", "due", ms, static_cast<int>(kind), name);
}
inline std::string item(const QueueId& queue, std::string_view id) {
  return queue + store::key("queue", "item", id);
}
inline std::string group(const QueueId& queue, std::string_view name) {
  return queue + store::key("queue", "group", name);
}
inline std::string line_of(const QueueId& queue, std::string_view group) {
  return queue + store::key("queue", "line", group);
}
inline std::string line(const QueueId& queue, std::string_view group, std::int64_t sequence) {
  return queue + store::key("queue", "line", group, sequence);
}
inline std::string body(const QueueId& queue, std::string_view id, std::int64_t part) {
  return queue + store::key("queue", "body", id, part);
}

// Of the kind of queue `name` (work_registry.h) in `partition`.
inline QueueId work(std::string_view partition, std::string_view name) {
  return std::string(partition) + store::key(name);
}
inline std::string work_guard(std::string_view partition, std::string_view name) {
  return std::string(partition) + store::key(name, "guard");
}
// Spreads a registry over a distributed store; each shard is one scan.
inline constexpr int kWorkShards = 8;
inline std::string work_shard(std::string_view name, int shard) { return store::key(name, shard); }
// FNV-1a: the same in every process.
inline std::string work_registration(std::string_view partition, std::string_view name) {
  std::uint64_t hash = 14'695'981'039'346'656'037ULL;
  for (const char c : partition) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 1'099'511'628'211ULL;
  }
  return store::key(name, static_cast<std::int64_t>(hash % kWorkShards), partition);
}

inline constexpr std::string_view kOutbox = "outbox";
inline QueueId outbox(std::string_view partition) { return work(partition, kOutbox); }
inline std::string outbox_registration(std::string_view partition) {
  return work_registration(partition, kOutbox);
}

}  // namespace kiln::queue::keys
