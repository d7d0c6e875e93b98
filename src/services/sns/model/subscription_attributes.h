// SPDX-License-Identifier: Apache-2.0
#pragma once
// Attributes of subscriptions and the rules for their endpoints.
// https://docs.aws.amazon.com/sns/latest/api/API_SetSubscriptionAttributes.html
// https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html

#include "aws/api_error.h"
#include "services/sns/model/records.h"

#include <string>
#include <string_view>

namespace kiln::sns {

// What AWS checks of Protocol and Endpoint before it looks at the topic.
aws::ApiResult<void> check_endpoint(const TopicName& topic, std::string_view protocol,
                                    std::string_view endpoint);
// Whether whoever has this endpoint must agree first. Queues and functions of the owner need not.
bool needs_confirmation(const Subscription& subscription);

// An empty value takes an attribute back to its default.
aws::ApiResult<void> set_attribute(const TopicName& topic, Subscription& subscription,
                                   std::string_view attribute, std::string value);
// Several, in an order that makes their combinations checkable (Subscribe).
aws::ApiResult<void> set_attributes(const TopicName& topic, Subscription& subscription,
                                    const Attributes& attributes);
// What GetSubscriptionAttributes answers.
Attributes described(const SubscriptionName& name, const Subscription& subscription,
                     const Topic& topic);

// The queue for messages that could not be delivered; empty: none.
std::string dead_letter_queue(const Subscription& subscription);

}  // namespace kiln::sns
