// SPDX-License-Identifier: Apache-2.0
#pragma once
// When a delivery that failed is tried again: AWS's fixed schedules, and the delivery policies that
// topics and subscriptions have for HTTP endpoints.
// https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
// https://docs.aws.amazon.com/sns/latest/dg/creating-delivery-policy.html

#include "aws/api_error.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kiln::sns {

enum class Backoff : std::uint8_t { kLinear, kArithmetic, kGeometric, kExponential };

// Retries in four phases: at once, at the shortest delay, between the two, at the longest.
struct RetryPolicy {
  std::int64_t min_delay_s = 20;
  std::int64_t max_delay_s = 20;
  std::int64_t retries = 3;  // all of them
  std::int64_t no_delay = 0;
  std::int64_t at_min_delay = 0;
  std::int64_t at_max_delay = 0;
  Backoff backoff = Backoff::kLinear;

  // Before attempt `attempt` + 1 (the first attempt is 1); nullopt: there is none.
  std::optional<std::int64_t> delay_ms(std::int64_t attempt) const;
};

struct DeliveryPolicy {
  RetryPolicy retry;
  std::int64_t max_receives_per_second = 0;  // 0: no limit
  std::string content_type;                  // empty: the default
};

struct TopicDeliveryPolicy {
  DeliveryPolicy http;
  bool disable_overrides = false;
};

// AWS's own endpoints (queues, functions), and mail servers.
RetryPolicy managed_retries();
RetryPolicy mail_retries();

// Errors: InvalidParameter with AWS's text.
aws::ApiResult<TopicDeliveryPolicy> parse_topic_delivery_policy(std::string_view text);
// What a subscription leaves out is `base`'s.
aws::ApiResult<DeliveryPolicy> parse_delivery_policy(std::string_view text, DeliveryPolicy base);

// Attribute EffectiveDeliveryPolicy of a topic with this DeliveryPolicy (empty: none).
std::string effective_delivery_policy(std::string_view topic_policy);
// The policy that acts on a subscription, from both attributes; faults count as not set.
DeliveryPolicy policy_of_subscription(std::string_view topic_policy, std::string_view own_policy);
// Attribute EffectiveDeliveryPolicy of such a subscription.
std::string describe(const DeliveryPolicy& policy);

}  // namespace kiln::sns
