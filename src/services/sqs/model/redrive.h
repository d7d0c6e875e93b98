// SPDX-License-Identifier: Apache-2.0
#pragma once
// The attributes that are JSON documents: RedrivePolicy, RedriveAllowPolicy and Policy.

#include "aws/api_error.h"
#include "services/sqs/model/queue_record.h"

#include <optional>
#include <string_view>

namespace kiln::sqs {

// nullopt for what redrive_policy_fault() refuses, and for an empty text.
std::optional<RedrivePolicy> parse_redrive_policy(std::string_view text);
std::optional<aws::ApiError> redrive_policy_fault(const QueueName& queue, std::string_view text);
std::optional<aws::ApiError> redrive_allow_policy_fault(std::string_view text);
// Whether the dead letter queue with this RedriveAllowPolicy takes messages of `source_arn`.
bool redrive_allowed(std::string_view allow_policy, std::string_view source_arn);
// Form and AWS's bounds of a queue's policy.
std::optional<aws::ApiError> policy_fault(std::string_view text);

// "Value V for parameter P is invalid. Reason: R"
aws::ApiError invalid_parameter(std::string_view value, std::string_view parameter,
                                std::string_view reason);

}  // namespace kiln::sqs
