// SPDX-License-Identifier: Apache-2.0
#include "gen/sqs/delete_message_batch.h"

#include "services/sqs/api/common.h"
#include "services/sqs/api/operation_list.h"
#include "services/sqs/api/receipts.h"
#include "services/sqs/api/sending.h"

#include <utility>

namespace kiln::sqs {

namespace {

using gen::sqs::DeleteMessageBatch;

aws::Authorization authorize(const aws::RequestContext& context,
                             const DeleteMessageBatch::Input& input) {
  return on_url(context, "DeleteMessage", input.queue_url);
}

Task<aws::ApiResult<DeleteMessageBatch::Output>> handle(Service& service,
                                                        aws::RequestContext context,
                                                        DeleteMessageBatch::Input input) {
  auto finding = find_queue(service, std::move(context), std::move(input.queue_url));
  const auto queue = co_await finding;
  if (!queue) co_return aws::fail(queue.error());
  if (auto whole = check_batch(input.entries, "DeleteMessageBatchRequestEntry"); !whole) {
    co_return aws::fail(std::move(whole.error()));
  }
  DeleteMessageBatch::Output output;
  for (auto& entry : *input.entries) {
    auto deleting = delete_one(service, *queue, entry.receipt_handle);
    const auto deleted = co_await deleting;
    if (deleted) {
      if (!output.successful) output.successful.emplace();
      output.successful->push_back({.id = std::move(entry.id)});
    } else {
      if (!output.failed) output.failed.emplace();
      output.failed->push_back(failed_entry(std::move(entry.id), in_batch(deleted.error())));
    }
  }
  co_return output;
}

}  // namespace

const aws::Operation<DeleteMessageBatch, Service> kDeleteMessageBatch{authorize, handle};

}  // namespace kiln::sqs
