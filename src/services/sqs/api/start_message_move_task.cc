// SPDX-License-Identifier: Apache-2.0
#include "gen/sqs/start_message_move_task.h"

#include "gen/sqs/errors.h"
#include "services/sqs/api/common.h"
#include "services/sqs/api/operation_list.h"
#include "services/sqs/model/attributes.h"
#include "services/sqs/model/move_task.h"
#include "services/sqs/model/redrive.h"

#include <utility>

namespace kiln::sqs {

namespace {

using gen::sqs::StartMessageMoveTask;

// It receives, deletes and sends in the caller's name.
aws::Authorization authorize(const aws::RequestContext&, const StartMessageMoveTask::Input& input) {
  const std::string source = input.source_arn.value_or("*");
  aws::Authorization out("sqs:StartMessageMoveTask", source);
  for (const char* action : {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}) {
    out.also({action, source, {}});
  }
  if (input.destination_arn) out.also({"sqs:SendMessage", *input.destination_arn, {}});
  return out;
}

constexpr std::int32_t kMaxPerSecond = 500;
constexpr std::size_t kPage = 200;

aws::ApiError no_such_resource(std::string_view parameter) {
  return gen::sqs::resource_not_found_exception("The resource that you specified for the " +
                                                std::string(parameter) +
                                                " parameter doesn't exist.");
}

// The queue of this ARN in the caller's account.
Task<aws::ApiResult<QueuePtr>> find_by_arn(Service& service, aws::RequestContext context,
                                           std::string arn, std::string_view parameter) {
  auto name = parse_queue_arn(arn);
  if (!name || name->account != context.account || name->region != context.region) {
    co_return aws::fail(no_such_resource(parameter));
  }
  auto finding = service.queues.find(std::move(*name));
  KILN_API_TRY(QueuePtr queue, kRoom, co_await finding);
  if (!queue) co_return aws::fail(no_such_resource(parameter));
  co_return queue;
}

Task<Result<bool>> is_dead_letter_queue(Service& service, QueueName queue) {
  std::string after;
  for (bool more = true; more;) {
    auto listing = service.queues.list_records(queue.account, queue.region, after, kPage);
    KILN_CO_TRY(const auto page, co_await listing);
    for (const auto& [name, record] : page) {
      const auto redrive = settings_of(record.attributes).redrive;
      if (redrive && redrive->dead_letter_arn == queue.arn()) co_return true;
    }
    more = page.size() == kPage;
    if (more) after = page.back().first.name;
  }
  co_return false;
}

Task<aws::ApiResult<StartMessageMoveTask::Output>> handle(Service& service,
                                                          aws::RequestContext context,
                                                          StartMessageMoveTask::Input input) {
  if (!input.source_arn) co_return aws::fail(missing_parameter("SourceArn"));
  MoveTask task;
  task.per_second = input.max_number_of_messages_per_second.value_or(0);
  if (input.max_number_of_messages_per_second &&
      (task.per_second < 1 || task.per_second > kMaxPerSecond)) {
    co_return aws::fail(invalid_parameter(std::to_string(task.per_second),
                                          "MaxNumberOfMessagesPerSecond",
                                          "Must be between 1 and 500, if provided."));
  }
  auto finding = find_by_arn(service, context, *input.source_arn, "SourceArn");
  const auto source = co_await finding;
  if (!source) co_return aws::fail(source.error());
  auto looking = is_dead_letter_queue(service, (*source)->name);
  KILN_API_TRY(const bool has_sources, kRoom, co_await looking);
  if (!has_sources) {
    co_return aws::fail(invalid_value("Source queue must be configured as a Dead Letter Queue."));
  }
  if (input.destination_arn) {
    auto finding_target = find_by_arn(service, context, *input.destination_arn, "DestinationArn");
    const auto target = co_await finding_target;
    if (!target) co_return aws::fail(target.error());
    if ((*target)->name == (*source)->name ||
        (*target)->settings.fifo != (*source)->settings.fifo) {
      co_return aws::fail(invalid_parameter(*input.destination_arn, "DestinationArn",
                                            "The destination must be another queue of the same "
                                            "type as the source."));
    }
    task.destination_arn = std::move(*input.destination_arn);
  }
  auto beginning = service.moves.begin((*source)->name, std::move(task));
  KILN_API_TRY(const auto key, kRoom, co_await beginning);
  if (!key) {
    co_return aws::fail(gen::sqs::unsupported_operation(
        "There is already a task running. Only one active task is allowed for a source queue arn "
        "at a given time."));
  }
  co_return StartMessageMoveTask::Output{.task_handle = encode_handle(*key)};
}

}  // namespace

const aws::Operation<StartMessageMoveTask, Service> kStartMessageMoveTask{authorize, handle};

}  // namespace kiln::sqs
