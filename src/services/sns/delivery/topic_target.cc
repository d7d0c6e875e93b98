// SPDX-License-Identifier: Apache-2.0
#include "services/sns/delivery/topic_target.h"

#include "iam/event_authorization.h"
#include "services/sns/model/publish.h"

#include <utility>

namespace kiln::sns {
namespace {

Draft draft_of(aws::TargetEvent& event, bool fifo) {
  Draft out{.text = std::move(event.payload)};
  if (!event.subject.empty()) out.subject = std::move(event.subject);
  if (!event.attributes.empty()) {
    out.attributes.emplace();
    for (auto& [name, attribute] : event.attributes) {
      gen::sns::MessageAttributeValue value{.data_type = attribute.type};
      (attribute.type.starts_with("Binary") ? value.binary_value : value.string_value) =
          std::move(attribute.value);
      out.attributes->emplace(name, std::move(value));
    }
  }
  if (!event.group_id.empty()) out.group_id = std::move(event.group_id);
  if (fifo) {
    // A repeat of the event is a repeat of the message.
    out.deduplication_id =
        event.deduplication_id.empty() ? event.id : std::move(event.deduplication_id);
  }
  return out;
}

}  // namespace

Task<Result<Topic>> TopicTarget::admit(aws::TargetEvent event) {
  const auto name = parse_topic_arn(event.target_arn);
  if (!name) co_return fail(ErrorCode::kInvalidArgument, "no topic: " + event.target_arn);
  auto finding = catalog_.find_topic(*name);
  KILN_CO_TRY(auto topic, co_await finding);
  if (!topic) co_return fail(ErrorCode::kNotFound, "Topic does not exist");
  std::string arn = event.target_arn;
  auto asking = iam::authorize_event(authorizer_, std::move(event), "sns:Publish", std::move(arn),
                                     clock_.wall());
  KILN_CO_TRY_VOID(co_await asking);
  co_return std::move(*topic);
}

Task<Status> TopicTarget::check(aws::TargetEvent event) {
  auto admitting = admit(std::move(event));
  KILN_CO_TRY_VOID(co_await admitting);
  co_return Status{};
}

Task<Status> TopicTarget::deliver(aws::TargetEvent event) {
  auto admitting = admit(event);
  KILN_CO_TRY(Topic topic, co_await admitting);
  const TopicName name = *parse_topic_arn(event.target_arn);
  auto message = check_message(name, topic, draft_of(event, name.fifo()));
  if (!message) co_return fail(ErrorCode::kInvalidArgument, message.error().message);
  message->id = is_uuid(event.id) ? event.id : random_.uuid();
  message->published_ms = clock_.wall().ms;
  message->trace_header = std::move(event.trace_header);
  std::vector<Message> messages;
  messages.push_back(std::move(*message));
  auto publishing = publisher_.publish(name, std::move(topic), std::move(messages));
  KILN_CO_TRY_VOID(co_await publishing);
  co_return Status{};
}

}  // namespace kiln::sns
