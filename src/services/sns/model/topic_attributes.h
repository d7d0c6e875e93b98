// SPDX-License-Identifier: Apache-2.0
#pragma once
// Attributes of topics: what may be set, to what, and what GetTopicAttributes adds.
// https://docs.aws.amazon.com/sns/latest/api/API_SetTopicAttributes.html

#include "aws/api_error.h"
#include "services/sns/model/records.h"

#include <string>
#include <string_view>

namespace kiln::sns {

// SetTopicAttributes. An empty value takes an attribute back to its default.
aws::ApiResult<void> set_attribute(const TopicName& name, Topic& topic, std::string_view attribute,
                                   std::string value);
// CreateTopic's Attributes: also FifoTopic, which cannot change later.
aws::ApiResult<void> create_attributes(const TopicName& name, Topic& topic,
                                       const Attributes& attributes);
// Everything that GetTopicAttributes answers.
Attributes described(const TopicName& name, const Topic& topic);

// The value that acts: as set, else the default.
std::string attribute_of(const Topic& topic, std::string_view attribute);

// The policy of a topic that was given none: it admits its owner only.
std::string default_policy(const TopicName& name);
// AddPermission: adds a statement that lets `accounts` do `actions`.
aws::ApiResult<void> add_statement(const TopicName& name, Topic& topic, std::string_view label,
                                   const std::vector<std::string>& accounts,
                                   const std::vector<std::string>& actions);
aws::ApiResult<void> remove_statement(const TopicName& name, Topic& topic, std::string_view label);

}  // namespace kiln::sns
