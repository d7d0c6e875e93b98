// SPDX-License-Identifier: Apache-2.0
#include "gen/sns/publish.h"

#include "services/sns/api/common.h"
#include "services/sns/api/operation_list.h"
#include "services/sns/model/publish.h"

#include <optional>
#include <utility>

namespace kiln::sns {
namespace {

using gen::sns::Publish;

std::optional<std::string> target_of(const Publish::Input& input) {
  return input.topic_arn ? input.topic_arn : input.target_arn;
}

aws::Authorization authorize(const aws::RequestContext&, const Publish::Input& input) {
  return on("Publish", target_of(input));
}

Task<aws::ApiResult<Publish::Output>> handle(Service& service, aws::RequestContext context,
                                             Publish::Input input) {
  if (input.phone_number)
    co_return aws::fail(
        invalid_parameter("PhoneNumber Reason: this server sends no text messages"));
  const auto target = target_of(input);
  if (!target || (input.topic_arn && input.target_arn)) {
    co_return aws::fail(
        invalid_parameter("TopicArn or TargetArn Reason: no value for required parameter"));
  }
  auto name = topic_of(context, target, input.topic_arn ? "TopicArn" : "TargetArn");
  if (!name) co_return aws::fail(std::move(name.error()));
  auto finding = service.catalog.find_topic(*name);
  KILN_API_TRY(auto topic, kRoom, co_await finding);
  if (!topic) co_return aws::fail(no_such_topic());
  auto message = check_message(*name, *topic,
                               {.text = std::move(input.message),
                                .subject = std::move(input.subject),
                                .structure = std::move(input.message_structure),
                                .attributes = std::move(input.message_attributes),
                                .group_id = std::move(input.message_group_id),
                                .deduplication_id = std::move(input.message_deduplication_id)});
  if (!message) co_return aws::fail(std::move(message.error()));
  message->id = service.random.uuid();
  message->published_ms = context.now.ms;
  message->trace_header = context.trace_header;
  auto publishing = service.publisher.publish(*name, std::move(*topic), {std::move(*message)});
  KILN_API_TRY(auto accepted, kRoom, co_await publishing);
  Publish::Output output{.message_id = std::move(accepted.front().message_id)};
  if (name->fifo()) output.sequence_number = std::move(accepted.front().sequence_number);
  co_return output;
}

}  // namespace

const aws::Operation<Publish, Service> kPublish{authorize, handle};

}  // namespace kiln::sns
