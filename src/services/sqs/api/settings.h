// SPDX-License-Identifier: Apache-2.0
#pragma once
// Attributes and tags of a queue, for the operations that set them.

#include "services/sqs/api/common.h"

#include <optional>

namespace kiln::sqs {

// SetQueueAttributes, also for those that change one attribute (the policy).
Task<aws::ApiResult<void>> set_attributes(Service& service, QueueName queue, TextMap wanted);
// That the dead letter queue of these attributes exists and takes messages of `queue`.
Task<aws::ApiResult<void>> check_dead_letter_target(Service& service, QueueName queue,
                                                    TextMap attributes);
// Number and lengths.
aws::ApiResult<void> check_tags(const QueueName& queue, const TextMap& tags);
// aws:RequestTag and aws:TagKeys.
void add_tag_keys(aws::Authorization& authorization, const std::optional<TextMap>& tags);

}  // namespace kiln::sqs
