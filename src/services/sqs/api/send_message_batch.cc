// SPDX-License-Identifier: Apache-2.0
#include "gen/sqs/send_message_batch.h"

#include "gen/sqs/errors.h"
#include "services/sqs/api/common.h"
#include "services/sqs/api/operation_list.h"
#include "services/sqs/api/sending.h"

#include <utility>

namespace kiln::sqs {

namespace {

using gen::sqs::SendMessageBatch;

aws::Authorization authorize(const aws::RequestContext& context,
                             const SendMessageBatch::Input& input) {
  return on_url(context, "SendMessage", input.queue_url);
}

std::int64_t bytes_of(const std::vector<gen::sqs::SendMessageBatchRequestEntry>& entries) {
  std::size_t out = 0;
  for (const auto& entry : entries) {
    out += entry.message_body ? entry.message_body->size() : 0;
    if (!entry.message_attributes) continue;
    for (const auto& [name, value] : *entry.message_attributes) {
      out += name.size() + value.data_type.value_or("").size();
      out += value.string_value.value_or("").size() + value.binary_value.value_or("").size();
    }
  }
  return static_cast<std::int64_t>(out);
}

Task<aws::ApiResult<SendMessageBatch::Output>> handle(Service& service, aws::RequestContext context,
                                                      SendMessageBatch::Input input) {
  auto finding = find_queue(service, context, std::move(input.queue_url));
  const auto queue = co_await finding;
  if (!queue) co_return aws::fail(queue.error());
  if (auto whole = check_batch(input.entries, "SendMessageBatchRequestEntry"); !whole) {
    co_return aws::fail(std::move(whole.error()));
  }
  if (const std::int64_t bytes = bytes_of(*input.entries); bytes > kMaxMessageBytes) {
    co_return aws::fail(gen::sqs::batch_request_too_long(
        "Batch requests cannot be longer than 1048576 bytes. You have sent " +
        std::to_string(bytes) + " bytes."));
  }
  SendMessageBatch::Output output;
  std::vector<std::optional<std::string>> ids;
  std::vector<Outgoing> messages;
  for (auto& entry : *input.entries) {
    auto outgoing = make_outgoing(**queue, context, send_fields(entry));
    if (!outgoing) {
      if (!output.failed) output.failed.emplace();
      output.failed->push_back(failed_entry(std::move(entry.id), outgoing.error()));
      continue;
    }
    ids.push_back(std::move(entry.id));
    messages.push_back(std::move(*outgoing));
  }
  if (messages.empty()) co_return output;
  auto sending = service.messages.send(*queue, messages);
  KILN_API_TRY(const auto accepted, kRoom, co_await sending);
  output.successful.emplace();
  for (std::size_t i = 0; i < ids.size(); ++i) {
    gen::sqs::SendMessageBatchResultEntry entry;
    entry.id = std::move(ids[i]);
    describe_sent(**queue, messages[i], accepted[i], entry);
    output.successful->push_back(std::move(entry));
  }
  co_return output;
}

}  // namespace

const aws::Operation<SendMessageBatch, Service> kSendMessageBatch{authorize, handle};

}  // namespace kiln::sqs
