// SPDX-License-Identifier: Apache-2.0
#pragma once
// Queue attributes: what clients may set, and what it means. Pure functions.

#include "aws/api_error.h"
#include "services/sqs/model/queue_record.h"

#include <string>
#include <string_view>

namespace kiln::sqs {

enum class Setting : std::uint8_t { kCreate, kChange };

// Checks `wanted` (names and values as sent) for a queue that has `current`, and answers what it
// will have: an empty value takes Policy and the redrive policies away. Errors are AWS's, in both
// words and order of the names. Whether a dead letter queue exists is not looked at.
aws::ApiResult<TextMap> merge_attributes(const QueueName& queue, const TextMap& current,
                                         const TextMap& wanted, Setting setting);

// REQUIRES: attributes that merge_attributes() has answered.
Settings settings_of(const TextMap& attributes);

// Every attribute that GetQueueAttributes answers from settings: set ones and AWS's defaults.
TextMap described(const TextMap& attributes);
// A name that GetQueueAttributes takes.
bool is_attribute(std::string_view name);

aws::ApiError unknown_attribute(std::string_view name);
aws::ApiError invalid_attribute_value(std::string_view name);

}  // namespace kiln::sqs
