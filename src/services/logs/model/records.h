// SPDX-License-Identifier: Apache-2.0
#pragma once
// Log groups, log streams and log events as this room keeps them.

#include "base/result.h"

#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace kiln::logs {

// What CloudWatch Logs adds to each message when it counts bytes.
inline constexpr std::int64_t kEventOverheadBytes = 26;
inline constexpr std::int64_t kMaxBatchBytes = 1'048'576;
inline constexpr std::int64_t kMaxEventBytes = 1'048'576;
inline constexpr std::size_t kMaxPageEvents = 10'000;
inline constexpr std::int64_t kMaxPageBytes = 1'048'576;
inline constexpr std::size_t kMaxTags = 50;
inline constexpr std::int64_t kDayMs = 86'400'000;

struct GroupName {
  std::string account;
  std::string region;
  std::string name;
  auto operator<=>(const GroupName&) const = default;
};

struct Group {
  std::string id;  // never reused: what a deleted group of this name left behind stays invisible
  std::int64_t created_ms = 0;
  std::int64_t retention_days = 0;  // 0: events never expire
  std::string log_class = "STANDARD";
  std::string kms_key_id;
  bool deletion_protection = false;
  std::map<std::string, std::string> tags;

  // Events before this have expired.
  std::int64_t expiry_ms(std::int64_t now_ms) const {
    return retention_days == 0 ? 0 : now_ms - retention_days * kDayMs;
  }
};

struct Stream {
  std::string id;  // never reused
  std::int64_t created_ms = 0;
  std::int64_t next_sequence = 0;
  std::int64_t stored_bytes = 0;  // messages and their overhead
  // The rest means nothing while next_sequence is 0.
  std::int64_t first_event_ms = 0;
  std::int64_t last_event_ms = 0;
  std::int64_t last_ingestion_ms = 0;
};

// One line as it arrives.
struct InputEvent {
  std::int64_t time_ms = 0;
  std::string message;
};

// One line as it is read back. (time_ms, sequence) orders a stream and is unique in it.
struct Event {
  std::int64_t time_ms = 0;
  std::int64_t sequence = 0;
  std::int64_t ingestion_ms = 0;
  std::string message;
};

std::string encode(const Group& group);
std::string encode(const Stream& stream);
// Error: kInternal when the value was not written by encode().
Result<Group> decode_group(std::string_view value);
Result<Stream> decode_stream(std::string_view value);

}  // namespace kiln::logs
