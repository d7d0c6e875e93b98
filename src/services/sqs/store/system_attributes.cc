// SPDX-License-Identifier: Apache-2.0
#include "services/sqs/store/message_store.h"

#include <utility>

namespace kiln::sqs {

// Above 10^19, where a signed number has no place left.
std::string sequence_text(std::int64_t sequence) {
  return std::to_string(10'000'000'000'000'000'000ULL + static_cast<std::uint64_t>(sequence));
}

TextMap system_attributes(const Received& received) {
  TextMap out{
      {"SenderId", received.message.sender_id},
      {"SentTimestamp", std::to_string(received.sent_ms)},
      {"ApproximateReceiveCount", std::to_string(received.receive_count)},
      {"ApproximateFirstReceiveTimestamp", std::to_string(received.first_received_ms)},
  };
  const auto add = [&out](const char* name, std::string value) {
    if (!value.empty()) out.emplace(name, std::move(value));
  };
  add("AWSTraceHeader", received.message.trace_header);
  add("MessageGroupId", received.message.group_id);
  add("MessageDeduplicationId", received.message.deduplication_id);
  add("DeadLetterQueueSourceArn", received.dead_letter_source);
  if (received.sequence > 0) add("SequenceNumber", sequence_text(received.sequence));
  return out;
}

}  // namespace kiln::sqs
