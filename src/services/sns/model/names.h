// SPDX-License-Identifier: Apache-2.0
#pragma once
// Names and ARNs of topics and subscriptions. Pure.
// https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace kiln::sns {

// An account in a region: what owns topics.
struct Place {
  std::string account;
  std::string region;
  auto operator<=>(const Place&) const = default;
};

struct TopicName {
  std::string account;
  std::string region;
  std::string name;
  auto operator<=>(const TopicName&) const = default;

  Place place() const { return {account, region}; }
  bool fifo() const { return name.ends_with(".fifo"); }
};

// A subscription belongs to a topic; its id is a UUID.
struct SubscriptionName {
  TopicName topic;
  std::string id;
  auto operator<=>(const SubscriptionName&) const = default;
};

// 1 to 256 of A-Z a-z 0-9 _ -, the suffix of a FIFO topic included.
bool is_topic_name(std::string_view name);

std::string arn_of(const TopicName& topic);
std::string arn_of(const SubscriptionName& subscription);
// nullopt unless it is the ARN of a topic (or of a subscription).
std::optional<TopicName> parse_topic_arn(std::string_view arn);
std::optional<SubscriptionName> parse_subscription_arn(std::string_view arn);

bool is_uuid(std::string_view text);

}  // namespace kiln::sns
