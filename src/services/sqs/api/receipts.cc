// SPDX-License-Identifier: Apache-2.0
#include "services/sqs/api/receipts.h"

#include "gen/sqs/errors.h"
#include "services/sqs/api/sending.h"
#include "services/sqs/model/redrive.h"

#include <utility>

namespace kiln::sqs {
namespace {

// A standard queue's handle is good for this long.
constexpr std::int64_t kMaxHandleMs = kMaxVisibilitySeconds * 1'000;
constexpr std::string_view kExpired = "The receipt handle has expired.";

aws::ApiResult<Receipt> receipt_of(const Queue& queue, const std::optional<std::string>& handle) {
  if (!handle || handle->empty()) return aws::fail(missing_parameter("ReceiptHandle"));
  auto receipt = decode_receipt(*handle);
  if (!receipt || receipt->queue_id != queue.record.id) {
    return aws::fail(gen::sqs::receipt_handle_is_invalid("The input receipt handle is invalid."));
  }
  return std::move(*receipt);
}

}  // namespace

Task<aws::ApiResult<void>> delete_one(Service& service, QueuePtr queue,
                                      std::optional<std::string> handle) {
  auto receipt = receipt_of(*queue, handle);
  if (!receipt) co_return aws::fail(std::move(receipt.error()));
  if (service.clock.wall().ms > receipt->received_ms + kMaxHandleMs) {
    co_return aws::fail(invalid_parameter(*handle, "ReceiptHandle", kExpired));
  }
  auto removing = service.messages.remove(std::move(queue), std::move(*receipt));
  KILN_API_TRY(const Deleted deleted, kRoom, co_await removing);
  if (deleted == Deleted::kExpired) {
    co_return aws::fail(invalid_parameter(*handle, "ReceiptHandle", kExpired));
  }
  co_return {};
}

Task<aws::ApiResult<void>> change_one(Service& service, QueuePtr queue,
                                      std::optional<std::string> handle,
                                      std::optional<std::int32_t> seconds) {
  auto receipt = receipt_of(*queue, handle);
  if (!receipt) co_return aws::fail(std::move(receipt.error()));
  if (!seconds) co_return aws::fail(missing_parameter("VisibilityTimeout"));
  const auto invalid = [&seconds](std::string_view reason) {
    return aws::fail(invalid_parameter(std::to_string(*seconds), "VisibilityTimeout", reason));
  };
  if (*seconds < 0 || *seconds > kMaxVisibilitySeconds) {
    co_return invalid("Must be between 0 and 43200.");
  }
  const std::int64_t ends = service.clock.wall().ms + *seconds * std::int64_t{1'000};
  if (ends > receipt->received_ms + kMaxHandleMs) {
    co_return invalid(
        "Total VisibilityTimeout for the message is beyond the limit [43200 seconds]");
  }
  auto changing =
      service.messages.change_visibility(std::move(queue), std::move(*receipt), *seconds);
  KILN_API_TRY(const Changed changed, kRoom, co_await changing);
  if (changed == Changed::kNotInFlight) {
    co_return aws::fail(invalid_parameter(
        *handle, "ReceiptHandle",
        "Message does not exist or is not available for visibility timeout change."));
  }
  co_return {};
}

aws::ApiError in_batch(aws::ApiError error) {
  if (error.message.ends_with(kExpired)) {
    return gen::sqs::receipt_handle_is_invalid("The receipt handle has expired");
  }
  return error;
}

}  // namespace kiln::sqs
