// SPDX-License-Identifier: Apache-2.0
#include "gen/sns/publish_batch.h"

#include "gen/sns/errors.h"
#include "services/sns/api/common.h"
#include "services/sns/api/operation_list.h"
#include "services/sns/model/publish.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace kiln::sns {
namespace {

using gen::sns::PublishBatch;

aws::Authorization authorize(const aws::RequestContext&, const PublishBatch::Input& input) {
  return on("Publish", input.topic_arn);
}

constexpr std::size_t kMaxEntries = 10;
constexpr std::size_t kMaxId = 80;

using Entries = std::vector<gen::sns::PublishBatchRequestEntry>;

bool is_entry_id(std::string_view id) {
  return !id.empty() && id.size() <= kMaxId && std::ranges::all_of(id, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
}

Draft draft_of(const gen::sns::PublishBatchRequestEntry& entry) {
  return {.text = entry.message,
          .subject = entry.subject,
          .structure = entry.message_structure,
          .attributes = entry.message_attributes,
          .group_id = entry.message_group_id,
          .deduplication_id = entry.message_deduplication_id};
}

std::optional<aws::ApiError> fault_of(const Entries& entries) {
  if (entries.empty()) {
    return gen::sns::empty_batch_request_exception(
        "The batch request doesn't contain any entries.");
  }
  if (entries.size() > kMaxEntries) {
    return gen::sns::too_many_entries_in_batch_request_exception(
        "The batch request contains more entries than permissible.");
  }
  std::set<std::string> ids;
  std::size_t size = 0;
  for (const auto& entry : entries) {
    if (!is_entry_id(*entry.id)) {
      return gen::sns::invalid_batch_entry_id_exception(
          "The Id of a batch entry in a batch request doesn't abide by the specification.");
    }
    if (!ids.insert(*entry.id).second) {
      return gen::sns::batch_entry_ids_not_distinct_exception(
          "Two or more batch entries in the request have the same Id.");
    }
    size += size_of(draft_of(entry));
  }
  if (size > kMaxMessageBytes) {
    return gen::sns::batch_request_too_long_exception(
        "The length of all the messages put together is more than the limit.");
  }
  return std::nullopt;
}

Task<aws::ApiResult<PublishBatch::Output>> handle(Service& service, aws::RequestContext context,
                                                  PublishBatch::Input input) {
  auto name = topic_of(context, input.topic_arn);
  if (!name) co_return aws::fail(std::move(name.error()));
  const Entries& entries = *input.publish_batch_request_entries;
  if (auto fault = fault_of(entries)) co_return aws::fail(std::move(*fault));
  auto finding = service.catalog.find_topic(*name);
  KILN_API_TRY(auto topic, kRoom, co_await finding);
  if (!topic) co_return aws::fail(no_such_topic());
  PublishBatch::Output output;
  output.successful.emplace();
  output.failed.emplace();
  std::vector<Message> messages;
  for (const auto& entry : entries) {
    auto message = check_message(*name, *topic, draft_of(entry));
    if (!message) {
      output.failed->push_back({.id = entry.id,
                                .code = message.error().code,
                                .message = message.error().message,
                                .sender_fault = true});
      continue;
    }
    message->id = service.random.uuid();
    message->published_ms = context.now.ms;
    message->trace_header = context.trace_header;
    messages.push_back(std::move(*message));
    output.successful->push_back({.id = entry.id});
  }
  if (messages.empty()) co_return output;
  auto publishing = service.publisher.publish(*name, std::move(*topic), std::move(messages));
  KILN_API_TRY(auto accepted, kRoom, co_await publishing);
  for (std::size_t i = 0; i < accepted.size(); ++i) {
    auto& result = (*output.successful)[i];
    result.message_id = std::move(accepted[i].message_id);
    if (name->fifo()) result.sequence_number = std::move(accepted[i].sequence_number);
  }
  co_return output;
}

}  // namespace

const aws::Operation<PublishBatch, Service> kPublishBatch{authorize, handle};

}  // namespace kiln::sns
