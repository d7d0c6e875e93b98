// SPDX-License-Identifier: Apache-2.0
#pragma once
// A message as clients give and get it, its checks, its digests and its bytes. Pure functions.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html

#include "aws/api_error.h"
#include "base/result.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kiln::sqs {

struct Attribute {
  std::string type;   // "String", "Number.int", "Binary.png"
  std::string value;  // bytes, not base64
  bool binary() const { return type.starts_with("Binary"); }
};
using Attributes = std::map<std::string, Attribute>;

struct Message {
  std::string body;
  Attributes attributes;
  std::string trace_header;      // AWSTraceHeader
  std::string sender_id;         // of the caller: "AIDA...", "AROA...:session"
  std::string group_id;          // on a standard queue it does not order
  std::string deduplication_id;  // FIFO
};

// nullopt when the message is as SQS wants it. Its size is checked against `max_bytes`.
std::optional<aws::ApiError> message_fault(const Message& message, std::int64_t max_bytes);
// A group, deduplication or attempt id: 1 to 128 letters, digits and punctuation.
bool is_id(std::string_view text);

// Body, names, types and values: what counts against the limits.
std::int64_t message_bytes(const Message& message);

std::string md5_hex(std::string_view bytes);
// Of the attributes in AWS's canonical form; empty when there are none.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html#sqs-attributes-md5-message-digest-calculation
std::string md5_of(const Attributes& attributes);

// The payload of the queue's item. The group of a FIFO message is the item's own.
std::string encode(const Message& message);
Result<Message> decode_message(std::string_view bytes);

// What a deduplication id of a FIFO queue stands for.
struct DeduplicationRecord {
  std::string message_id;
  std::int64_t sequence = 0;
  std::int64_t ends_ms = 0;  // the id is free again then
};
std::string encode(const DeduplicationRecord& record);
Result<DeduplicationRecord> decode_deduplication(std::string_view bytes);

// What a ReceiveRequestAttemptId of a FIFO queue stands for: the leases of its receive.
struct AttemptRecord {
  std::int64_t ends_ms = 0;
  std::vector<std::string> tokens;
};
std::string encode(const AttemptRecord& record);
Result<AttemptRecord> decode_attempt(std::string_view bytes);

// Whether ReceiveMessage asked for the attribute: its name, "All", ".*" or "prefix.*".
bool selects(std::string_view pattern, std::string_view name);

// What a receive hands out for deletion. Opaque to clients.
struct Receipt {
  std::string queue_id;  // QueueRecord::id
  std::string token;     // of the queue's lease
  std::int64_t received_ms = 0;
};
std::string encode(const Receipt& receipt);
std::optional<Receipt> decode_receipt(std::string_view handle);

}  // namespace kiln::sqs
