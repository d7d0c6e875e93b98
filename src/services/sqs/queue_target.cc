// SPDX-License-Identifier: Apache-2.0
#include "services/sqs/queue_target.h"

#include "base/crypto.h"
#include "iam/event_authorization.h"

#include <utility>
#include <vector>

namespace kiln::sqs {
namespace {

// Services have ids like users; one name has one id.
std::string service_id(const std::string& service) {
  static constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const Sha256Digest digest = sha256(service);
  std::string out = "AIDA";
  for (std::size_t i = 0; i < 17; ++i) out.push_back(kAlphabet[digest[i] % 32]);
  return out;
}

// Fills the ids of a FIFO message, or says what is missing.
Status complete(const Queue& queue, Message& message) {
  const auto refuse = [](std::string why) {
    return fail(ErrorCode::kInvalidArgument, std::move(why));
  };
  if (!message.group_id.empty() && !is_id(message.group_id)) {
    return refuse("The group id of the event is not one of a queue.");
  }
  if (!queue.settings.fifo) {
    message.deduplication_id.clear();
    return {};
  }
  if (message.group_id.empty()) {
    return refuse("The request must contain the parameter MessageGroupId.");
  }
  if (message.deduplication_id.empty()) {
    if (!queue.settings.content_based_deduplication) {
      return refuse(
          "The queue should either have ContentBasedDeduplication enabled or "
          "MessageDeduplicationId provided explicitly");
    }
    message.deduplication_id = sha256_hex(message.body);
  }
  if (!is_id(message.deduplication_id)) {
    return refuse("The deduplication id of the event is not one of a queue.");
  }
  return {};
}

}  // namespace

Task<Status> QueueTarget::check(aws::TargetEvent event) {
  auto admitting = admit(std::move(event));
  const auto admitted = co_await admitting;
  if (!admitted) co_return std::unexpected(admitted.error());
  co_return Status{};
}

Task<Status> QueueTarget::deliver(aws::TargetEvent event) {
  auto admitting = admit(event);
  KILN_CO_TRY(const QueuePtr queue, co_await admitting);
  Outgoing outgoing{.delay_seconds = queue->settings.delay_seconds};
  Message& message = outgoing.message;
  message.body = std::move(event.payload);
  for (auto& [name, attribute] : event.attributes) {
    message.attributes[name] = {std::move(attribute.type), std::move(attribute.value)};
  }
  message.trace_header = std::move(event.trace_header);
  message.group_id = std::move(event.group_id);
  message.deduplication_id = std::move(event.deduplication_id);
  auto naming = sender_id(std::move(event.role_arn), std::move(event.service));
  KILN_CO_TRY(message.sender_id, co_await naming);
  if (const auto fault = message_fault(message, queue->settings.max_message_bytes)) {
    co_return fail(ErrorCode::kInvalidArgument, fault->message);
  }
  KILN_CO_TRY_VOID(complete(*queue, message));
  std::vector<Outgoing> messages;
  messages.push_back(std::move(outgoing));
  auto sending = messages_.send(queue, std::move(messages));
  const auto sent = co_await sending;
  if (!sent) co_return std::unexpected(sent.error());
  co_return Status{};
}

// The queue, when it is there and lets the sender in.
Task<Result<QueuePtr>> QueueTarget::admit(aws::TargetEvent event) {
  auto name = parse_queue_arn(event.target_arn);
  if (!name) co_return fail(ErrorCode::kInvalidArgument, event.target_arn + " is no queue's ARN");
  auto finding = queues_.find(std::move(*name));
  KILN_CO_TRY(const QueuePtr queue, co_await finding);
  if (!queue) co_return fail(ErrorCode::kNotFound, "The specified queue does not exist.");
  auto asking = iam::authorize_event(authorizer_, std::move(event), "sqs:SendMessage",
                                     queue->name.arn(), clock_.wall());
  KILN_CO_TRY_VOID(co_await asking);
  co_return queue;
}

Task<Result<std::string>> QueueTarget::sender_id(std::string role_arn, std::string service) {
  if (role_arn.empty()) co_return service_id(service);
  const std::string name = role_arn.substr(role_arn.rfind('/') + 1);
  auto finding = roles_.find_role(role_arn);
  KILN_CO_TRY(const auto role, co_await finding);
  co_return (role ? role->role_id : service_id(role_arn)) + ":" + name;
}

}  // namespace kiln::sqs
