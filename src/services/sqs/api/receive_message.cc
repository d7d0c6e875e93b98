// SPDX-License-Identifier: Apache-2.0
#include "gen/sqs/receive_message.h"

#include "gen/sqs/errors.h"
#include "services/sqs/api/common.h"
#include "services/sqs/api/operation_list.h"
#include "services/sqs/model/attributes.h"
#include "services/sqs/model/redrive.h"
#include "services/sqs/store/message_store.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

namespace kiln::sqs {

namespace {

using gen::sqs::ReceiveMessage;

aws::Authorization authorize(const aws::RequestContext& context,
                             const ReceiveMessage::Input& input) {
  return on_url(context, "ReceiveMessage", input.queue_url);
}

constexpr std::string_view kSystemAttributes[] = {"All",
                                                  "SenderId",
                                                  "SentTimestamp",
                                                  "ApproximateReceiveCount",
                                                  "ApproximateFirstReceiveTimestamp",
                                                  "SequenceNumber",
                                                  "MessageDeduplicationId",
                                                  "MessageGroupId",
                                                  "AWSTraceHeader",
                                                  "DeadLetterQueueSourceArn"};

struct Wanted {
  std::set<std::string> system;
  std::vector<std::string> attributes;
};

aws::ApiResult<ReceiveOptions> options_of(const Queue& queue, const ReceiveMessage::Input& input) {
  const std::int64_t max = input.max_number_of_messages.value_or(1);
  if (max < 1 || max > 10) {
    return aws::fail(invalid_parameter(std::to_string(max), "MaxNumberOfMessages",
                                       "Must be between 1 and 10, if provided."));
  }
  ReceiveOptions out;
  out.max = static_cast<std::size_t>(max);
  const std::int64_t wait =
      input.wait_time_seconds ? *input.wait_time_seconds : queue.settings.wait_seconds;
  if (wait < 0 || wait > kMaxWaitSeconds) {
    return aws::fail(invalid_parameter(std::to_string(wait), "WaitTimeSeconds",
                                       "Must be >= 0 and <= 20, if provided."));
  }
  out.wait_ms = wait * 1'000;
  out.attempt_id = input.receive_request_attempt_id.value_or("");
  if (!out.attempt_id.empty() && !queue.settings.fifo) {
    return aws::fail(
        invalid_parameter(out.attempt_id, "ReceiveRequestAttemptId",
                          "The request include parameter that is not valid for this queue type."));
  }
  if (!out.attempt_id.empty() && !is_id(out.attempt_id)) {
    return aws::fail(invalid_parameter(
        out.attempt_id, "ReceiveRequestAttemptId",
        "ReceiveRequestAttemptId can only include alphanumeric and punctuation characters. 1 to "
        "128 in length."));
  }
  out.visibility_seconds =
      input.visibility_timeout ? *input.visibility_timeout : queue.settings.visibility_seconds;
  if (out.visibility_seconds < 0 || out.visibility_seconds > kMaxVisibilitySeconds) {
    return aws::fail(invalid_parameter(std::to_string(out.visibility_seconds), "VisibilityTimeout",
                                       "Must be between 0 and 43200, if provided."));
  }
  return out;
}

aws::ApiResult<Wanted> wanted_of(ReceiveMessage::Input& input) {
  Wanted out;
  for (auto* names : {&input.attribute_names, &input.message_system_attribute_names}) {
    if (!*names) continue;
    for (std::string& name : **names) {
      if (std::ranges::find(kSystemAttributes, name) == std::end(kSystemAttributes)) {
        return aws::fail(unknown_attribute(name));
      }
      out.system.insert(std::move(name));
    }
  }
  if (input.message_attribute_names) out.attributes = std::move(*input.message_attribute_names);
  return out;
}

gen::sqs::Message describe(Received received, const Wanted& wanted) {
  gen::sqs::Message out;
  TextMap system = system_attributes(received);
  if (!wanted.system.contains("All")) {
    std::erase_if(system,
                  [&wanted](const auto& item) { return !wanted.system.contains(item.first); });
  }
  if (!system.empty()) out.attributes = std::move(system);
  Attributes chosen;
  for (auto& [name, attribute] : received.message.attributes) {
    if (std::ranges::any_of(wanted.attributes,
                            [&name](const auto& pattern) { return selects(pattern, name); })) {
      chosen.emplace(name, std::move(attribute));
    }
  }
  if (!chosen.empty()) {
    out.md5_of_message_attributes = md5_of(chosen);
    out.message_attributes.emplace();
  }
  for (auto& [name, attribute] : chosen) {
    auto& value = (*out.message_attributes)[name];
    (attribute.binary() ? value.binary_value : value.string_value) = std::move(attribute.value);
    value.data_type = std::move(attribute.type);
  }
  out.message_id = std::move(received.id);
  out.receipt_handle = std::move(received.handle);
  out.md5_of_body = md5_hex(received.message.body);
  out.body = std::move(received.message.body);
  return out;
}

Task<aws::ApiResult<ReceiveMessage::Output>> handle(Service& service, aws::RequestContext context,
                                                    ReceiveMessage::Input input) {
  auto finding = find_queue(service, std::move(context), std::move(input.queue_url));
  const auto queue = co_await finding;
  if (!queue) co_return aws::fail(queue.error());
  auto options = options_of(**queue, input);
  if (!options) co_return aws::fail(std::move(options.error()));
  const auto wanted = wanted_of(input);
  if (!wanted) co_return aws::fail(wanted.error());
  options->stop = service.stopping.get_token();
  auto receiving = service.messages.receive(*queue, std::move(*options));
  auto received = co_await receiving;
  if (!received && received.error().code == ErrorCode::kLimitExceeded) {
    co_return aws::fail(gen::sqs::over_limit(
        "Too many messages received but not yet deleted: at most 120000 may be in flight."));
  }
  KILN_API_TRY(auto messages, kRoom, std::move(received));
  ReceiveMessage::Output output;
  if (messages.empty()) co_return output;
  output.messages.emplace();
  for (Received& message : messages) {
    output.messages->push_back(describe(std::move(message), *wanted));
  }
  co_return output;
}

}  // namespace

const aws::Operation<ReceiveMessage, Service> kReceiveMessage{authorize, handle};

}  // namespace kiln::sqs
