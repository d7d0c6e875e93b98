// SPDX-License-Identifier: Apache-2.0
#pragma once
// What is done with a receipt handle, for the single operations and the batches.

#include "services/sqs/api/common.h"
#include "services/sqs/store/message_store.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kiln::sqs {

// For each handle what became of it; in one commit. At most queue::kMaxClaim.
Task<aws::ApiResult<std::vector<aws::ApiResult<void>>>> delete_messages(
    Service& service, QueuePtr queue, std::vector<std::optional<std::string>> handles);
Task<aws::ApiResult<void>> change_one(Service& service, QueuePtr queue,
                                      std::optional<std::string> handle,
                                      std::optional<std::int32_t> seconds);

// The error as it is told of a batch's entry.
aws::ApiError in_batch(aws::ApiError error);

}  // namespace kiln::sqs
