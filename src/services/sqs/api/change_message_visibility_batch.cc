// SPDX-License-Identifier: Apache-2.0
#include "gen/sqs/change_message_visibility_batch.h"

#include "services/sqs/api/common.h"
#include "services/sqs/api/operation_list.h"
#include "services/sqs/api/receipts.h"
#include "services/sqs/api/sending.h"

#include <utility>

namespace kiln::sqs {

namespace {

using gen::sqs::ChangeMessageVisibilityBatch;

aws::Authorization authorize(const aws::RequestContext& context,
                             const ChangeMessageVisibilityBatch::Input& input) {
  return on_url(context, "ChangeMessageVisibility", input.queue_url);
}

Task<aws::ApiResult<ChangeMessageVisibilityBatch::Output>> handle(
    Service& service, aws::RequestContext context, ChangeMessageVisibilityBatch::Input input) {
  auto finding = find_queue(service, std::move(context), std::move(input.queue_url));
  const auto queue = co_await finding;
  if (!queue) co_return aws::fail(queue.error());
  if (auto whole = check_batch(input.entries, "ChangeMessageVisibilityBatchRequestEntry"); !whole) {
    co_return aws::fail(std::move(whole.error()));
  }
  ChangeMessageVisibilityBatch::Output output;
  for (auto& entry : *input.entries) {
    auto changing = change_one(service, *queue, entry.receipt_handle, entry.visibility_timeout);
    const auto changed = co_await changing;
    if (changed) {
      if (!output.successful) output.successful.emplace();
      output.successful->push_back({.id = std::move(entry.id)});
    } else {
      if (!output.failed) output.failed.emplace();
      output.failed->push_back(failed_entry(std::move(entry.id), in_batch(changed.error())));
    }
  }
  co_return output;
}

}  // namespace

const aws::Operation<ChangeMessageVisibilityBatch, Service> kChangeMessageVisibilityBatch{authorize,
                                                                                          handle};

}  // namespace kiln::sqs
