// SPDX-License-Identifier: Apache-2.0
#include "services/sns/model/subscription_attributes.h"

#include "aws/arn.h"
#include "gen/sns/errors.h"
#include "services/sns/model/delivery_policy.h"
#include "services/sns/model/errors.h"
#include "services/sns/model/filter.h"
#include "services/sns/model/topic_attributes.h"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace kiln::sns {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxUrl = 2'048;
constexpr std::size_t kMaxAddress = 320;
constexpr std::size_t kMaxRedrivePolicy = 2 * 1024;

aws::ApiResult<void> wrong(std::string_view what) { return aws::fail(invalid_parameter(what)); }

// A part of an e-mail address: nothing that could end a header or an SMTP command.
bool is_address(std::string_view text) {
  const auto at = text.find('@');
  if (text.size() > kMaxAddress || at == std::string_view::npos || at == 0) return false;
  if (text.find('@', at + 1) != std::string_view::npos || at + 1 == text.size()) return false;
  return std::ranges::all_of(text, [](char c) {
    return c > ' ' && c < 0x7f && c != '<' && c != '>' && c != ',' && c != ';' && c != '"' &&
           c != '(' && c != ')' && c != '[' && c != ']' && c != '\\';
  });
}

aws::ApiResult<void> check_url(std::string_view protocol, std::string_view endpoint) {
  const std::string scheme = std::string(protocol) + "://";
  if (!endpoint.starts_with(scheme)) {
    return wrong("Endpoint must match the specified protocol");
  }
  const auto host = endpoint.substr(scheme.size());
  const bool printable = std::ranges::all_of(endpoint, [](char c) { return c > ' ' && c < 0x7f; });
  if (endpoint.size() > kMaxUrl || !printable || host.empty() || host.front() == '/') {
    return wrong("HTTP(S) Endpoint");
  }
  return {};
}

aws::ApiResult<void> check_arn(const TopicName& topic, std::string_view protocol,
                               std::string_view endpoint) {
  const auto arn = aws::parse_arn(endpoint);
  if (protocol == "sqs") {
    if (!arn || arn->service != "sqs") return wrong("SQS endpoint ARN");
    if (!topic.fifo() && arn->resource.ends_with(".fifo")) {
      return wrong(
          "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard "
          "SNS "
          "topics");
    }
    return {};
  }
  if (!arn || arn->service != "lambda" || !arn->resource.starts_with("function:")) {
    return wrong("Lambda endpoint ARN");
  }
  return {};
}

// A JSON object with deadLetterTargetArn, the ARN of a queue beside the topic.
aws::ApiResult<void> check_redrive(const TopicName& topic, std::string_view value) {
  if (value.size() > kMaxRedrivePolicy) return wrong("RedrivePolicy: too large");
  boost::system::error_code failed;
  const auto parsed = json::parse(value, failed);
  const auto* object = failed ? nullptr : parsed.if_object();
  if (!object) return wrong("RedrivePolicy: failed to parse JSON.");
  const auto* target = object->if_contains("deadLetterTargetArn");
  const auto* text = target ? target->if_string() : nullptr;
  const auto arn = text ? aws::parse_arn(*text) : std::nullopt;
  if (!arn || arn->service != "sqs") {
    return wrong("RedrivePolicy: deadLetterTargetArn is an invalid arn");
  }
  if (arn->account != topic.account || arn->region != topic.region) {
    return wrong("RedrivePolicy: must use queue from same account and region as the topic");
  }
  if (topic.fifo() != arn->resource.ends_with(".fifo")) {
    return wrong(topic.fifo()
                     ? "RedrivePolicy: must use a FIFO queue as DLQ for a FIFO topic"
                     : "RedrivePolicy: must use a standard queue as DLQ for a standard topic");
  }
  return {};
}

bool takes_raw(std::string_view protocol) {
  return protocol == "sqs" || protocol == "http" || protocol == "https";
}

aws::ApiResult<void> check_raw(const Subscription& subscription, std::string_view value) {
  if (value != "true" && value != "false") {
    return wrong("Attributes Reason: RawMessageDelivery: Invalid value [" + std::string(value) +
                 "]. Must be true or false.");
  }
  if (value == "true" && !takes_raw(subscription.protocol)) {
    return wrong("Attributes Reason: RawMessageDelivery: Delivery protocol [" +
                 subscription.protocol + "] does not support raw message delivery.");
  }
  return {};
}

std::string_view own(const Subscription& subscription, std::string_view attribute,
                     std::string_view otherwise) {
  const auto it = subscription.attributes.find(std::string(attribute));
  return it == subscription.attributes.end() ? otherwise : std::string_view(it->second);
}

// Either of the two may change; a policy must fit its scope.
aws::ApiResult<void> check_filter(const Subscription& subscription, std::string_view attribute,
                                  std::string_view value) {
  std::string_view policy = value;
  std::string_view scope = own(subscription, "FilterPolicyScope", kAttributeScope);
  if (attribute == "FilterPolicyScope") {
    if (value != kAttributeScope && value != kBodyScope) {
      return wrong("FilterPolicyScope: Invalid value [" + std::string(value) +
                   "]. Please use either MessageBody or MessageAttributes");
    }
    policy = own(subscription, "FilterPolicy", "");
    scope = value;
  }
  if (policy.empty() || policy == "{}") return {};
  if (auto compiled = compile_filter(policy, scope); !compiled) {
    return aws::fail(std::move(compiled.error()));
  }
  return {};
}

aws::ApiResult<void> check(const TopicName& topic, const Subscription& subscription,
                           std::string_view attribute, std::string_view value) {
  if (attribute == "RawMessageDelivery") return check_raw(subscription, value);
  if (attribute == "RedrivePolicy") {
    return value.empty() ? aws::ApiResult<void>{} : check_redrive(topic, value);
  }
  if (attribute == "DeliveryPolicy") {
    if (value.empty()) return {};
    if (!subscription.protocol.starts_with("http")) {
      return wrong("DeliveryPolicy: Delivery protocol [" + subscription.protocol +
                   "] does not support delivery policies.");
    }
    if (auto parsed = parse_delivery_policy(value, {}); !parsed) {
      return aws::fail(std::move(parsed.error()));
    }
    return {};
  }
  if (attribute == "FilterPolicy" || attribute == "FilterPolicyScope") {
    return check_filter(subscription, attribute, value);
  }
  for (const std::string_view name : {"SubscriptionRoleArn", "ReplayPolicy"}) {
    if (attribute != name) continue;
    if (value.empty()) return {};
    return aws::fail(not_supported("The subscription attribute " + std::string(name)));
  }
  return wrong("AttributeName");
}

}  // namespace

aws::ApiResult<void> check_endpoint(const TopicName& topic, std::string_view protocol,
                                    std::string_view endpoint) {
  constexpr std::array<std::string_view, 3> kElsewhere = {"sms", "application", "firehose"};
  if (std::ranges::find(kElsewhere, protocol) != kElsewhere.end()) {
    return aws::fail(not_supported("The protocol " + std::string(protocol)));
  }
  constexpr std::array<std::string_view, 6> kKnown = {"http",       "https", "email",
                                                      "email-json", "sqs",   "lambda"};
  if (std::ranges::find(kKnown, protocol) == kKnown.end()) {
    return wrong("Amazon SNS does not support this protocol string: " + std::string(protocol));
  }
  if (topic.fifo() && protocol != "sqs") {
    return wrong("Invalid parameter: Invalid protocol type: " + std::string(protocol));
  }
  if (protocol.starts_with("http")) return check_url(protocol, endpoint);
  if (protocol.starts_with("email")) {
    if (!is_address(endpoint)) return wrong("Email address");
    return {};
  }
  return check_arn(topic, protocol, endpoint);
}

bool needs_confirmation(const Subscription& subscription) {
  if (subscription.protocol != "sqs" && subscription.protocol != "lambda") return true;
  const auto arn = aws::parse_arn(subscription.endpoint);
  return !arn || arn->account != subscription.owner;
}

aws::ApiResult<void> set_attribute(const TopicName& topic, Subscription& subscription,
                                   std::string_view attribute, std::string value) {
  if (auto good = check(topic, subscription, attribute, value); !good) return good;
  if (value.empty() || value == "{}") {
    subscription.attributes.erase(std::string(attribute));
  } else {
    subscription.attributes[std::string(attribute)] = std::move(value);
  }
  return {};
}

aws::ApiResult<void> set_attributes(const TopicName& topic, Subscription& subscription,
                                    const Attributes& attributes) {
  // A filter policy is checked for its scope.
  const auto scope = attributes.find("FilterPolicyScope");
  if (scope != attributes.end()) {
    if (auto set = set_attribute(topic, subscription, scope->first, scope->second); !set)
      return set;
  }
  for (const auto& [attribute, value] : attributes) {
    if (attribute == "FilterPolicyScope") continue;
    auto set = set_attribute(topic, subscription, attribute, value);
    constexpr std::string_view kOwn = "Invalid parameter: FilterPolicy:";
    if (!set && set.error().message.starts_with(kOwn)) {
      set.error().message.insert(kOwn.find("Filter"), "Attributes Reason: ");
    }
    if (!set) return set;
  }
  return {};
}

Attributes described(const SubscriptionName& name, const Subscription& subscription,
                     const Topic& topic) {
  Attributes out = subscription.attributes;
  out["SubscriptionArn"] = arn_of(name);
  out["TopicArn"] = arn_of(name.topic);
  out["Protocol"] = subscription.protocol;
  out["Endpoint"] = subscription.endpoint;
  out["Owner"] = subscription.owner;
  out["SubscriptionPrincipal"] = subscription.principal;
  out["PendingConfirmation"] = subscription.confirmed ? "false" : "true";
  out["ConfirmationWasAuthenticated"] = subscription.authenticated ? "true" : "false";
  out.try_emplace("RawMessageDelivery", "false");
  if (out.contains("FilterPolicy")) out.try_emplace("FilterPolicyScope", "MessageAttributes");
  if (subscription.protocol.starts_with("http")) {
    const auto own = subscription.attributes.find("DeliveryPolicy");
    out["EffectiveDeliveryPolicy"] =
        describe(policy_of_subscription(attribute_of(topic, "DeliveryPolicy"),
                                        own == subscription.attributes.end() ? "" : own->second));
  }
  return out;
}

std::string dead_letter_queue(const Subscription& subscription) {
  const auto it = subscription.attributes.find("RedrivePolicy");
  if (it == subscription.attributes.end()) return "";
  boost::system::error_code failed;
  const auto parsed = json::parse(it->second, failed);
  const auto* object = failed ? nullptr : parsed.if_object();
  const auto* target = object ? object->if_contains("deadLetterTargetArn") : nullptr;
  const auto* text = target ? target->if_string() : nullptr;
  return text ? std::string(std::string_view(*text)) : "";
}

}  // namespace kiln::sns
