// SPDX-License-Identifier: Apache-2.0
#include "services/sns/model/names.h"

#include "aws/arn.h"

#include <algorithm>
#include <utility>

namespace kiln::sns {
namespace {

constexpr std::size_t kMaxTopicName = 256;
constexpr std::string_view kFifoSuffix = ".fifo";

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

std::optional<aws::Arn> parse(std::string_view text) {
  auto arn = aws::parse_arn(text);
  if (!arn || arn->service != "sns" || arn->region.empty()) return std::nullopt;
  if (!aws::is_account_id(arn->account)) return std::nullopt;
  return arn;
}

}  // namespace

bool is_topic_name(std::string_view name) {
  if (name.size() > kMaxTopicName) return false;
  if (name.ends_with(kFifoSuffix)) name.remove_suffix(kFifoSuffix.size());
  return !name.empty() && std::ranges::all_of(name, is_name_character);
}

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    if (dash ? c != '-' : !hex) return false;
  }
  return true;
}

std::string arn_of(const TopicName& topic) {
  return "arn:aws:sns:" + topic.region + ":" + topic.account + ":" + topic.name;
}

std::string arn_of(const SubscriptionName& subscription) {
  return arn_of(subscription.topic) + ":" + subscription.id;
}

std::optional<TopicName> parse_topic_arn(std::string_view text) {
  auto arn = parse(text);
  if (!arn || !is_topic_name(arn->resource)) return std::nullopt;
  return TopicName{std::move(arn->account), std::move(arn->region), std::move(arn->resource)};
}

std::optional<SubscriptionName> parse_subscription_arn(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  auto topic = parse_topic_arn(text.substr(0, colon));
  const std::string_view id = text.substr(colon + 1);
  if (!topic || !is_uuid(id)) return std::nullopt;
  return SubscriptionName{std::move(*topic), std::string(id)};
}

}  // namespace kiln::sns
