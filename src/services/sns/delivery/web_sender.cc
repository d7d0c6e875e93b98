// SPDX-License-Identifier: Apache-2.0
#include "services/sns/delivery/web_sender.h"

#include "base/encoding.h"
#include "services/sns/model/delivery_policy.h"
#include "services/sns/model/topic_attributes.h"

#include <algorithm>
#include <utility>

namespace kiln::sns {
namespace {

constexpr std::int64_t kAnswerMs = 15'000;
constexpr std::uint64_t kMaxAnswerBytes = 256 * 1024;
constexpr std::int64_t kLongestTurnMs = 1'000;  // a longer one is waited for in the queue
constexpr std::size_t kMaxThrottled = 10'000;

DeliveryPolicy policy_of(const Parcel& parcel) {
  const auto own = parcel.subscription.attributes.find("DeliveryPolicy");
  return policy_of_subscription(attribute_of(parcel.topic, "DeliveryPolicy"),
                                own == parcel.subscription.attributes.end() ? "" : own->second);
}

// Takes "user:password@" out of `url`; answers the header's value, or nothing.
std::string take_credentials(std::string& url) {
  const auto start = url.find("://") + 3;
  const auto end = url.find_first_of("/?#", start);
  const auto at = url.rfind('@', end == std::string::npos ? url.size() : end);
  if (at == std::string::npos || at < start) return "";
  const auto user_and_password = percent_decode(std::string_view(url).substr(start, at - start));
  url.erase(start, at + 1 - start);
  return user_and_password ? "Basic " + base64_encode(*user_and_password) : "";
}

http::ClientRequest request_of(const Parcel& parcel, const DeliveryPolicy& policy,
                               std::string body) {
  const Delivery& delivery = parcel.delivery;
  http::ClientRequest out{.method = "POST", .url = delivery.endpoint, .body = std::move(body)};
  const std::string authorization = take_credentials(out.url);
  if (!authorization.empty()) out.headers.add("Authorization", authorization);
  out.headers.add("x-amz-sns-message-type", std::string(type_of(delivery)));
  out.headers.add("x-amz-sns-message-id", delivery.message.id);
  out.headers.add("x-amz-sns-topic-arn", arn_of(delivery.topic));
  if (delivery.kind != Delivery::Kind::kSubscribe) {
    out.headers.add("x-amz-sns-subscription-arn",
                    arn_of(SubscriptionName{delivery.topic, delivery.subscription_id}));
  }
  if (parcel.subscription.raw() && delivery.kind == Delivery::Kind::kNotification) {
    out.headers.add("x-amz-sns-rawdelivery", "true");
  }
  out.headers.add("Content-Type",
                  policy.content_type.empty() ? "text/plain; charset=UTF-8" : policy.content_type);
  out.headers.add("User-Agent", "Amazon Simple Notification Service Agent");
  return out;
}

Outcome outcome_of(int status) {
  if (status >= 200 && status < 400) return {};
  const bool again = status == 429 || status >= 500 || status < 200;
  return {again ? Outcome::Kind::kFailed : Outcome::Kind::kRefused, std::to_string(status),
          "The endpoint answered with status " + std::to_string(status)};
}

}  // namespace

WebSender::WebSender(Loop& loop, Signer& signer)
    : loop_(loop), signer_(signer), client_(loop, {.max_response_bytes = kMaxAnswerBytes}) {}

// Milliseconds until this delivery's turn, which is taken with that when it is near.
std::int64_t WebSender::turn_in_ms(const Parcel& parcel, std::int64_t per_second) {
  const std::int64_t now = loop_.clock().monotonic().ns;
  if (next_turn_ns_.size() > kMaxThrottled) {
    std::erase_if(next_turn_ns_, [now](const auto& turn) { return turn.second <= now; });
  }
  std::int64_t& next = next_turn_ns_[parcel.subscription.id];
  next = std::max(next, now);
  const std::int64_t wait_ms = (next - now) / 1'000'000;
  if (wait_ms <= kLongestTurnMs) next += 1'000'000'000 / per_second;
  return wait_ms;
}

Task<Outcome> WebSender::send(Parcel parcel, std::stop_token stop) {
  const DeliveryPolicy policy = policy_of(parcel);
  const bool notification = parcel.delivery.kind == Delivery::Kind::kNotification;
  if (notification && policy.max_receives_per_second > 0) {
    const std::int64_t wait_ms = turn_in_ms(parcel, policy.max_receives_per_second);
    if (wait_ms > kLongestTurnMs) co_return Outcome{.kind = Outcome::Kind::kLater};
    auto waiting = sleep_ms(loop_.clock(), wait_ms, stop);
    co_await waiting;
  }
  std::string body;
  if (notification && parcel.subscription.raw()) {
    body = parcel.delivery.message.text;
  } else {
    auto signing = signer_.sign(parcel.delivery, attribute_of(parcel.topic, "SignatureVersion"));
    auto signature = co_await signing;
    if (!signature) {
      co_return Outcome{Outcome::Kind::kFailed, "InternalError", signature.error().message};
    }
    body = envelope(parcel.delivery, *signature);
  }
  auto sending = client_.send(request_of(parcel, policy, std::move(body)),
                              loop_.clock().monotonic().plus_ms(kAnswerMs), stop);
  const auto answer = co_await sending;
  if (answer) co_return outcome_of(answer->status);
  const bool hopeless = answer.error().code == ErrorCode::kInvalidArgument;
  co_return Outcome{hopeless ? Outcome::Kind::kRefused : Outcome::Kind::kFailed, "ConnectionError",
                    answer.error().message};
}

}  // namespace kiln::sns
