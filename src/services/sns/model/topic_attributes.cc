// SPDX-License-Identifier: Apache-2.0
#include "services/sns/model/topic_attributes.h"

#include "gen/sns/errors.h"
#include "iam/policy.h"
#include "services/sns/model/delivery_policy.h"
#include "services/sns/model/errors.h"

#include <algorithm>
#include <array>
#include <utility>

namespace kiln::sns {
namespace {

constexpr std::size_t kMaxDisplayName = 100;
constexpr std::size_t kMaxPolicy = 30 * 1024;

bool is_boolean(std::string_view value) { return value == "true" || value == "false"; }

bool is_feedback(std::string_view attribute) {
  return attribute.ends_with("FeedbackRoleArn") || attribute.ends_with("FeedbackSampleRate");
}

aws::ApiResult<void> wrong(std::string_view attribute, std::string_view reason) {
  return aws::fail(invalid_parameter("Attributes Reason: " + std::string(attribute) + ": " +
                                     std::string(reason)));
}

aws::ApiResult<void> check_display_name(std::string_view value) {
  const bool control = std::ranges::any_of(
      value, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  if (value.size() > kMaxDisplayName || control) {
    return aws::fail(invalid_parameter("DisplayName"));
  }
  return {};
}

aws::ApiResult<void> check_policy(std::string_view value) {
  if (value.size() > kMaxPolicy) return aws::fail(invalid_parameter("Policy Error: too large"));
  if (!iam::compile_policy(value)) return aws::fail(invalid_parameter("Policy Error: null"));
  return {};
}

aws::ApiResult<void> check_fifo(const TopicName& name, std::string_view attribute,
                                std::string_view value) {
  if (!name.fifo()) {
    return aws::fail(invalid_parameter(std::string(attribute) +
                                       " Reason: The attribute is not valid for standard topics"));
  }
  const bool good = attribute == "FifoThroughputScope" ? value == "Topic" || value == "MessageGroup"
                                                       : is_boolean(value);
  if (!good) return wrong(attribute, "Invalid value [" + std::string(value) + "].");
  return {};
}

aws::ApiResult<void> check(const TopicName& name, std::string_view attribute,
                           std::string_view value) {
  if (attribute == "DisplayName") return check_display_name(value);
  if (attribute == "Policy") return value.empty() ? aws::ApiResult<void>{} : check_policy(value);
  if (attribute == "DeliveryPolicy") {
    if (value.empty()) return {};
    const auto parsed = parse_topic_delivery_policy(value);
    if (!parsed) return aws::fail(parsed.error());
    return {};
  }
  if (attribute == "SignatureVersion") {
    if (value.empty() || value == "1" || value == "2") return {};
    return wrong(attribute, "Invalid value [" + std::string(value) + "]. Please use 1 or 2");
  }
  if (attribute == "ContentBasedDeduplication" || attribute == "FifoThroughputScope") {
    return check_fifo(name, attribute, value);
  }
  if (attribute == "TracingConfig") {
    if (value.empty() || value == "PassThrough") return {};
    if (value == "Active") return aws::fail(not_supported("TracingConfig Active"));
    return wrong(attribute, "Invalid value [" + std::string(value) + "].");
  }
  if (attribute == "KmsMasterKeyId") {
    if (value.empty()) return {};
    return aws::fail(gen::sns::kms_not_found_exception(
        "Key '" + std::string(value) + "' does not exist: this server has no KMS."));
  }
  if (attribute == "ArchivePolicy" || is_feedback(attribute)) {
    return aws::fail(not_supported("The topic attribute " + std::string(attribute)));
  }
  return aws::fail(invalid_parameter("AttributeName"));
}

constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kDefaults = {{
    {"DisplayName", ""},
    {"ContentBasedDeduplication", "false"},
    {"FifoThroughputScope", "Topic"},
}};

}  // namespace

std::string attribute_of(const Topic& topic, std::string_view attribute) {
  const auto it = topic.attributes.find(std::string(attribute));
  if (it != topic.attributes.end()) return it->second;
  for (const auto& [name, value] : kDefaults) {
    if (name == attribute) return std::string(value);
  }
  return "";
}

aws::ApiResult<void> set_attribute(const TopicName& name, Topic& topic, std::string_view attribute,
                                   std::string value) {
  if (auto good = check(name, attribute, value); !good) return good;
  if (value.empty()) {
    topic.attributes.erase(std::string(attribute));
  } else {
    topic.attributes[std::string(attribute)] = std::move(value);
  }
  return {};
}

aws::ApiResult<void> create_attributes(const TopicName& name, Topic& topic,
                                       const Attributes& attributes) {
  const auto fifo = attributes.find("FifoTopic");
  const bool asked = fifo != attributes.end() && fifo->second == "true";
  if (fifo != attributes.end() && !is_boolean(fifo->second)) {
    return wrong("FifoTopic", "Invalid value [" + fifo->second + "].");
  }
  if (asked != name.fifo()) {
    return aws::fail(invalid_parameter(
        asked
            ? "Topic Name Reason: Fifo Topic names must end with .fifo and must be made up of "
              "only uppercase and lowercase ASCII letters, numbers, underscores, and hyphens, and "
              "must be between 1 and 256 characters long."
            : "Topic Name"));
  }
  for (const auto& [attribute, value] : attributes) {
    if (attribute == "FifoTopic") continue;
    auto set = set_attribute(name, topic, attribute, value);
    if (!set && set.error().message == "Invalid parameter: AttributeName") {
      return aws::fail(invalid_parameter("Attributes Reason: Unknown attribute " + attribute));
    }
    if (!set) return set;
  }
  return {};
}

Attributes described(const TopicName& name, const Topic& topic) {
  Attributes out = topic.attributes;
  out.try_emplace("DisplayName", "");
  out.try_emplace("Policy", default_policy(name));
  out["TopicArn"] = arn_of(name);
  out["Owner"] = name.account;
  out["SubscriptionsConfirmed"] = std::to_string(topic.confirmed);
  out["SubscriptionsPending"] = std::to_string(topic.pending);
  out["SubscriptionsDeleted"] = std::to_string(topic.deleted);
  out["EffectiveDeliveryPolicy"] = effective_delivery_policy(attribute_of(topic, "DeliveryPolicy"));
  if (name.fifo()) {
    out["FifoTopic"] = "true";
    out.try_emplace("ContentBasedDeduplication", "false");
    out.try_emplace("FifoThroughputScope", "Topic");
  }
  return out;
}

}  // namespace kiln::sns
