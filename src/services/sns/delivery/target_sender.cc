// SPDX-License-Identifier: Apache-2.0
#include "services/sns/delivery/target_sender.h"

#include "services/sns/model/subscription_attributes.h"
#include "services/sns/model/topic_attributes.h"

#include <optional>
#include <utility>

namespace kiln::sns {
namespace {

// Of a message that is delivered raw to a queue.
constexpr std::size_t kMaxRawAttributes = 10;

Outcome outcome_of(const Status& status) {
  if (status) return {};
  const Error& error = status.error();
  if (error.code == ErrorCode::kNotFound) {
    return {Outcome::Kind::kRefused, "NotFound", error.message};
  }
  if (error.code == ErrorCode::kInvalidArgument) {
    return {Outcome::Kind::kRefused, "AccessDenied", error.message};
  }
  return {Outcome::Kind::kFailed, "InternalError", error.message};
}

}  // namespace

aws::TargetEvent event_for_queue(const Parcel& parcel, std::string queue_arn) {
  const Message& message = parcel.delivery.message;
  aws::TargetEvent event;
  event.id = parcel.id;
  event.service = "sns.amazonaws.com";
  event.source_arn = arn_of(parcel.delivery.topic);
  event.source_account = parcel.delivery.topic.account;
  event.group_id = message.group_id;
  if (queue_arn.ends_with(".fifo")) event.deduplication_id = message.deduplication_id;
  event.target_arn = std::move(queue_arn);
  event.trace_header = message.trace_header;
  return event;
}

Task<Result<std::string>> TargetSender::body_of(Parcel parcel) {
  const bool to_lambda = parcel.delivery.protocol == "lambda";
  if (parcel.subscription.raw()) co_return parcel.delivery.message.text;
  std::optional<Signature> signature;
  if (!parcel.delivery.topic.fifo()) {
    auto signing = signer_.sign(parcel.delivery, attribute_of(parcel.topic, "SignatureVersion"));
    KILN_CO_TRY(signature, co_await signing);
  }
  co_return to_lambda ? lambda_event(parcel.delivery, signature.value_or(Signature{}))
                      : envelope(parcel.delivery, signature);
}

Task<Outcome> TargetSender::send(Parcel parcel, std::stop_token) {
  const bool raw = parcel.subscription.raw();
  if (raw && parcel.delivery.message.attributes.size() > kMaxRawAttributes) {
    co_return Outcome{Outcome::Kind::kRefused, "InvalidParameterValue",
                      "A queue takes 10 message attributes at most."};
  }
  auto event = event_for_queue(parcel, parcel.delivery.endpoint);
  if (raw) event.attributes = parcel.delivery.message.attributes;
  auto making = body_of(std::move(parcel));
  auto body = co_await making;
  if (!body) co_return outcome_of(std::unexpected(std::move(body.error())));
  event.payload = std::move(*body);
  auto delivering = targets_.deliver(std::move(event));
  co_return outcome_of(co_await delivering);
}

Task<Outcome> TargetSender::dead_letter(Parcel parcel, Outcome why) {
  std::string queue = dead_letter_queue(parcel.subscription);
  if (queue.empty()) co_return Outcome{};
  auto event = event_for_queue(parcel, std::move(queue));
  event.id = parcel.id + "-dead";
  if (parcel.subscription.raw()) event.attributes = parcel.delivery.message.attributes;
  if (event.attributes.size() > kMaxRawAttributes - 3) event.attributes.clear();
  event.attributes["RequestID"] = {"String", parcel.id};
  event.attributes["ErrorCode"] = {"String", std::move(why.code)};
  event.attributes["ErrorMessage"] = {"String", std::move(why.message)};
  auto making = body_of(std::move(parcel));
  auto body = co_await making;
  if (!body) co_return outcome_of(std::unexpected(std::move(body.error())));
  event.payload = std::move(*body);
  auto delivering = targets_.deliver(std::move(event));
  co_return outcome_of(co_await delivering);
}

}  // namespace kiln::sns
