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
  std::vector<std::optional<std::string>> handles;
  for (auto& entry : *input.entries) handles.push_back(std::move(entry.receipt_handle));
  auto deleting = delete_messages(service, *queue, std::move(handles));
  auto deleted = co_await deleting;
  if (!deleted) co_return aws::fail(std::move(deleted.error()));
  DeleteMessageBatch::Output output;
  for (std::size_t i = 0; i < deleted->size(); ++i) {
    std::optional<std::string>& id = (*input.entries)[i].id;
    auto& result = (*deleted)[i];
    if (result) {
      if (!output.successful) output.successful.emplace();
      output.successful->push_back({.id = std::move(id)});
    } else {
      if (!output.failed) output.failed.emplace();
      output.failed->push_back(failed_entry(std::move(id), in_batch(std::move(result.error()))));
    }
  }
  co_return output;
}

}  // namespace

const aws::Operation<DeleteMessageBatch, Service> kDeleteMessageBatch{authorize, handle};

}  // namespace kiln::sqs
