// SPDX-License-Identifier: Apache-2.0
#pragma once
// The values of a queue, their bytes, and lease tokens. Pure functions. The first byte of a value
// is its format; decoding an unknown one is kInternal.

#include "base/fields.h"
#include "base/result.h"
#include "queue/keys.h"
#include "queue/queue.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace kiln::queue {

// A payload up to this size is part of the item's record.
inline constexpr std::size_t kMaxInlineBytes = 4 * 1024;
inline constexpr std::size_t kMaxBodyPart = store::kMaxValueBytes;

// The first 13 characters of the ids given at `ms`: ids are UUIDs of version 7, so they sort by
// time.
std::string id_prefix(std::int64_t ms);

struct IndexRecord {
  std::int64_t queued = 1;  // items behind this entry: 1, or those of the group
  std::int64_t leased = 0;  // of these, claimed and neither done nor given back
};

struct ItemRecord {
  std::string id;
  std::int64_t sent = 0;
  std::int64_t due = 0;
  std::int64_t first_claimed = 0;
  std::int64_t attempts = 0;
  std::string lease;  // random bytes of the last claim; empty: never claimed or given back
  std::int64_t body_parts = 0;  // values of at most kMaxBodyPart bytes that hold the payload
  std::string payload;          // empty with body_parts
  QueueId moved_from;           // bury() took it from there
  std::int64_t moved = 0;
  std::string note;  // of the last release
};

struct GroupRecord {
  std::int64_t due = 0;   // of its index entry
  std::int64_t tail = 0;  // the last sequence number given
  IndexRecord index;
};

std::string encode(const IndexRecord& record);
std::string encode(const ItemRecord& record);
std::string encode(const GroupRecord& record);
Result<IndexRecord> decode_index(std::string_view bytes);
Result<ItemRecord> decode_item(std::string_view bytes);
Result<GroupRecord> decode_group(std::string_view bytes);

struct IndexKey {
  std::int64_t due = 0;
  keys::Kind kind = keys::Kind::kItem;
  std::string name;
};
Result<IndexKey> decode_index_key(const QueueId& queue, std::string_view key);

struct Token {
  std::string lease;
  std::string id;
  std::string group;
  std::int64_t sequence = 0;
};
std::string encode(const Token& token);
// kConflict for bytes that are no token.
Result<Token> decode_token(std::string_view bytes);

}  // namespace kiln::queue
