// SPDX-License-Identifier: Apache-2.0
#include "gen/sqs/delete_queue.h"

#include "services/sqs/api/common.h"
#include "services/sqs/api/operation_list.h"

#include <utility>

namespace kiln::sqs {

namespace {

using gen::sqs::DeleteQueue;

aws::Authorization authorize(const aws::RequestContext& context, const DeleteQueue::Input& input) {
  return on_url(context, "DeleteQueue", input.queue_url);
}

Task<aws::ApiResult<DeleteQueue::Output>> handle(Service& service, aws::RequestContext context,
                                                 DeleteQueue::Input input) {
  auto finding = find_own_queue(service, std::move(context), std::move(input.queue_url));
  const auto queue = co_await finding;
  if (!queue) co_return aws::fail(queue.error());
  auto removing = service.queues.remove((*queue)->name);
  KILN_API_TRY(const bool removed, kRoom, co_await removing);
  if (!removed) co_return aws::fail(no_such_queue());
  co_return DeleteQueue::Output{};
}

}  // namespace

const aws::Operation<DeleteQueue, Service> kDeleteQueue{authorize, handle};

}  // namespace kiln::sqs
