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

Task<aws::ApiResult<std::vector<aws::ApiResult<void>>>> delete_messages(
    Service& service, QueuePtr queue, std::vector<std::optional<std::string>> handles) {
  std::vector<aws::ApiResult<void>> out(handles.size());
  std::vector<Receipt> receipts;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < handles.size(); ++i) {
    auto receipt = receipt_of(*queue, handles[i]);
    if (!receipt) {
      out[i] = aws::fail(std::move(receipt.error()));
    } else if (service.clock.wall().ms > receipt->received_ms + kMaxHandleMs) {
      out[i] = aws::fail(invalid_parameter(*handles[i], "ReceiptHandle", kExpired));
    } else {
      receipts.push_back(std::move(*receipt));
      places.push_back(i);
    }
  }
  if (receipts.empty()) co_return out;
  auto removing = service.messages.remove(std::move(queue), std::move(receipts));
  KILN_API_TRY(const auto removed, kRoom, co_await removing);
  for (std::size_t i = 0; i < removed.size(); ++i) {
    if (removed[i] == Deleted::kDone) continue;
    out[places[i]] = aws::fail(invalid_parameter(*handles[places[i]], "ReceiptHandle", kExpired));
  }
  co_return out;
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
  auto changing = service.messages.change_visibility(std::move(queue), std::move(*receipt),
                                                     *seconds * std::int64_t{1'000});
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
