// SPDX-License-Identifier: Apache-2.0
#include "gen/sqs/list_message_move_tasks.h"

#include "gen/sqs/errors.h"
#include "services/sqs/api/common.h"
#include "services/sqs/api/operation_list.h"
#include "services/sqs/model/move_task.h"
#include "services/sqs/model/redrive.h"

#include <utility>

namespace kiln::sqs {

namespace {

using gen::sqs::ListMessageMoveTasks;

aws::Authorization authorize(const aws::RequestContext&, const ListMessageMoveTasks::Input& input) {
  return {"sqs:ListMessageMoveTasks", input.source_arn.value_or("*")};
}

constexpr std::int32_t kMaxResults = 10;

gen::sqs::ListMessageMoveTasksResultEntry describe(const MoveTaskKey& key, const MoveTask& task) {
  gen::sqs::ListMessageMoveTasksResultEntry out;
  if (task.status == kRunning) out.task_handle = encode_handle(key);
  out.status = task.status;
  out.source_arn = key.source.arn();
  if (!task.destination_arn.empty()) out.destination_arn = task.destination_arn;
  if (task.per_second > 0) {
    out.max_number_of_messages_per_second = static_cast<std::int32_t>(task.per_second);
  }
  out.approximate_number_of_messages_moved = task.moved;
  if (task.to_move >= 0) out.approximate_number_of_messages_to_move = task.to_move;
  if (!task.failure.empty()) out.failure_reason = task.failure;
  out.started_timestamp = key.started_ms;
  return out;
}

Task<aws::ApiResult<ListMessageMoveTasks::Output>> handle(Service& service,
                                                          aws::RequestContext context,
                                                          ListMessageMoveTasks::Input input) {
  if (!input.source_arn) co_return aws::fail(missing_parameter("SourceArn"));
  const std::int32_t limit = input.max_results.value_or(1);
  if (limit < 1 || limit > kMaxResults) {
    co_return aws::fail(invalid_parameter(std::to_string(limit), "MaxResults",
                                          "Must be between 1 and 10, if provided."));
  }
  auto name = parse_queue_arn(*input.source_arn);
  QueuePtr queue;
  if (name && name->account == context.account && name->region == context.region) {
    auto finding = service.queues.find(*name);
    KILN_API_TRY(queue, kRoom, co_await finding);
  }
  if (!queue) {
    co_return aws::fail(gen::sqs::resource_not_found_exception(
        "The resource that you specified for the SourceArn parameter doesn't exist."));
  }
  auto listing = service.moves.list(std::move(*name), static_cast<std::size_t>(limit));
  KILN_API_TRY(const auto tasks, kRoom, co_await listing);
  ListMessageMoveTasks::Output output;
  output.results.emplace();
  for (const auto& [key, task] : tasks) output.results->push_back(describe(key, task));
  co_return output;
}

}  // namespace

const aws::Operation<ListMessageMoveTasks, Service> kListMessageMoveTasks{authorize, handle};

}  // namespace kiln::sqs
