// SPDX-License-Identifier: Apache-2.0
#pragma once
// From the members of SendMessage and of a batch's entry to a message, and what batches share.

#include "aws/api_error.h"
#include "gen/sqs/types.h"
#include "services/sqs/api/common.h"
#include "services/sqs/store/message_store.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace kiln::sqs {

// The members that both have.
struct SendFields {
  std::optional<std::string> body;
  std::optional<std::int32_t> delay_seconds;
  std::optional<std::map<std::string, gen::sqs::MessageAttributeValue>> attributes;
  std::optional<std::map<std::string, gen::sqs::MessageSystemAttributeValue>> system_attributes;
  std::optional<std::string> deduplication_id;
  std::optional<std::string> group_id;
};
template <class Input>
SendFields send_fields(Input& input) {
  return {std::move(input.message_body),
          input.delay_seconds,
          std::move(input.message_attributes),
          std::move(input.message_system_attributes),
          std::move(input.message_deduplication_id),
          std::move(input.message_group_id)};
}

// Checked against the queue's rules. A message without an AWSTraceHeader of its own has that of the
// request.
aws::ApiResult<Outgoing> make_outgoing(const Queue& queue, const aws::RequestContext& context,
                                       SendFields fields);

std::string sequence_text(std::int64_t sequence);
std::string system_attributes_md5(const Message& message);

// What is told of an accepted message; both outputs have these members.
template <class Output>
void describe_sent(const Queue& queue, const Outgoing& outgoing, const Accepted& accepted,
                   Output& out) {
  const Message& message = outgoing.message;
  out.message_id = accepted.id;
  out.md5_of_message_body = md5_hex(message.body);
  if (!message.attributes.empty()) out.md5_of_message_attributes = md5_of(message.attributes);
  if (outgoing.names_trace) {
    out.md5_of_message_system_attributes = system_attributes_md5(message);
  }
  if (queue.settings.fifo) out.sequence_number = sequence_text(accepted.sequence);
}

// The faults of a whole batch. `entry` is its name in AWS's text.
aws::ApiResult<void> check_batch(const std::vector<std::optional<std::string>>& ids,
                                 std::string_view entry);
template <class Entries>
aws::ApiResult<void> check_batch(const std::optional<Entries>& entries, std::string_view entry) {
  std::vector<std::optional<std::string>> ids;
  if (entries) {
    for (const auto& each : *entries) ids.push_back(each.id);
  }
  return check_batch(ids, entry);
}

gen::sqs::BatchResultErrorEntry failed_entry(std::optional<std::string> id,
                                             const aws::ApiError& error);

}  // namespace kiln::sqs
