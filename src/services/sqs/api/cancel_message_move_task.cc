// SPDX-License-Identifier: Apache-2.0
#include "gen/sqs/cancel_message_move_task.h"

#include "gen/sqs/errors.h"
#include "services/sqs/api/common.h"
#include "services/sqs/api/operation_list.h"
#include "services/sqs/model/move_task.h"

#include <utility>

namespace kiln::sqs {

namespace {

using gen::sqs::CancelMessageMoveTask;

aws::Authorization authorize(const aws::RequestContext&,
                             const CancelMessageMoveTask::Input& input) {
  const auto key = decode_handle(input.task_handle.value_or(""));
  return {"sqs:CancelMessageMoveTask", key ? key->source.arn() : "*"};
}

Task<aws::ApiResult<CancelMessageMoveTask::Output>> handle(Service& service,
                                                           aws::RequestContext context,
                                                           CancelMessageMoveTask::Input input) {
  if (!input.task_handle) co_return aws::fail(missing_parameter("TaskHandle"));
  auto key = decode_handle(*input.task_handle);
  if (!key || key->source.account != context.account || key->source.region != context.region) {
    co_return aws::fail(gen::sqs::resource_not_found_exception("Task does not exist."));
  }
  auto cancelling = service.moves.cancel(std::move(*key));
  KILN_API_TRY(const auto task, kRoom, co_await cancelling);
  if (!task) co_return aws::fail(gen::sqs::resource_not_found_exception("Task does not exist."));
  if (task->status != kRunning) {
    co_return aws::fail(gen::sqs::unsupported_operation("Only active tasks can be cancelled."));
  }
  co_return CancelMessageMoveTask::Output{.approximate_number_of_messages_moved = task->moved};
}

}  // namespace

const aws::Operation<CancelMessageMoveTask, Service> kCancelMessageMoveTask{authorize, handle};

}  // namespace kiln::sqs
