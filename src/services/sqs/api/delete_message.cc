// SPDX-License-Identifier: Apache-2.0
#include "gen/sqs/delete_message.h"

#include "services/sqs/api/common.h"
#include "services/sqs/api/operation_list.h"
#include "services/sqs/api/receipts.h"

#include <utility>

namespace kiln::sqs {

namespace {

using gen::sqs::DeleteMessage;

aws::Authorization authorize(const aws::RequestContext& context,
                             const DeleteMessage::Input& input) {
  return on_url(context, "DeleteMessage", input.queue_url);
}

Task<aws::ApiResult<DeleteMessage::Output>> handle(Service& service, aws::RequestContext context,
                                                   DeleteMessage::Input input) {
  auto finding = find_queue(service, std::move(context), std::move(input.queue_url));
  const auto queue = co_await finding;
  if (!queue) co_return aws::fail(queue.error());
  auto deleting = delete_messages(service, *queue, {std::move(input.receipt_handle)});
  auto deleted = co_await deleting;
  if (!deleted) co_return aws::fail(std::move(deleted.error()));
  if (!deleted->front()) co_return aws::fail(std::move(deleted->front().error()));
  co_return DeleteMessage::Output{};
}

}  // namespace

const aws::Operation<DeleteMessage, Service> kDeleteMessage{authorize, handle};

}  // namespace kiln::sqs
