// SPDX-License-Identifier: Apache-2.0
#pragma once
// Queues as this room keeps them: names, records and the settings that follow from attributes.

#include "base/result.h"

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace kiln::sqs {

inline constexpr std::size_t kMaxTags = 50;
// Of body, names, types and values of the attributes; the sum of a batch has the same limit.
inline constexpr std::int64_t kMaxMessageBytes = 1'048'576;
inline constexpr std::int64_t kMaxVisibilitySeconds = 43'200;
inline constexpr std::int64_t kMaxWaitSeconds = 20;
inline constexpr std::int64_t kMaxDelaySeconds = 900;

using TextMap = std::map<std::string, std::string>;

struct QueueName {
  std::string account;
  std::string region;
  std::string name;
  auto operator<=>(const QueueName&) const = default;

  std::string arn() const { return "arn:aws:sqs:" + region + ":" + account + ":" + name; }
};
// nullopt for what is no ARN of a queue.
std::optional<QueueName> parse_queue_arn(std::string_view arn);
// 1 to 80 letters, digits, '-' and '_'; ".fifo" may be the end.
bool is_queue_name(std::string_view name);

struct RedrivePolicy {
  std::string dead_letter_arn;
  int max_receive_count = 0;
};

// What attributes mean. Defaults are AWS's.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
struct Settings {
  std::int64_t delay_seconds = 0;
  std::int64_t max_message_bytes = kMaxMessageBytes;
  std::int64_t retention_seconds = 345'600;
  std::int64_t wait_seconds = 0;
  std::int64_t visibility_seconds = 30;
  bool fifo = false;
  bool content_based_deduplication = false;
  bool deduplicate_per_group = false;  // DeduplicationScope messageGroup
  std::optional<RedrivePolicy> redrive;
};

struct QueueRecord {
  std::string id;  // never reused: messages of a deleted queue of this name stay invisible
  std::int64_t created_ms = 0;
  std::int64_t modified_ms = 0;
  std::int64_t purged_ms = 0;  // 0: never
  TextMap attributes;          // those that were set, by AWS's names
  TextMap tags;
};

std::string encode(const QueueRecord& record);
// Error: kInternal when the value was not written by encode().
Result<QueueRecord> decode_queue(std::string_view bytes);

}  // namespace kiln::sqs
