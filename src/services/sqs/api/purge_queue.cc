// SPDX-License-Identifier: Apache-2.0
#include "gen/sqs/purge_queue.h"

#include "gen/sqs/errors.h"
#include "services/sqs/api/common.h"
#include "services/sqs/api/operation_list.h"

#include <utility>

namespace kiln::sqs {

namespace {

using gen::sqs::PurgeQueue;

aws::Authorization authorize(const aws::RequestContext& context, const PurgeQueue::Input& input) {
  return on_url(context, "PurgeQueue", input.queue_url);
}

// Takes the turn in the queue's record, so that two calls on two nodes don't both get it.
Status take_turn(QueueRecord& record, std::int64_t now, std::int64_t cooldown_ms) {
  if (record.purged_ms > 0 && now < record.purged_ms + cooldown_ms) {
    return fail(ErrorCode::kLimitExceeded, "purged already");
  }
  record.purged_ms = now;
  return {};
}

Task<aws::ApiResult<PurgeQueue::Output>> handle(Service& service, aws::RequestContext context,
                                                PurgeQueue::Input input) {
  auto finding = find_own_queue(service, std::move(context), std::move(input.queue_url));
  const auto queue = co_await finding;
  if (!queue) co_return aws::fail(queue.error());
  const std::int64_t now = service.clock.wall().ms;
  auto updating = service.queues.update(
      (*queue)->name, [now, cooldown = service.options.cooldown_ms](QueueRecord& record) {
        return take_turn(record, now, cooldown);
      });
  const auto turn = co_await updating;
  if (!turn && turn.error().code == ErrorCode::kLimitExceeded) {
    co_return aws::fail(gen::sqs::purge_queue_in_progress("Only one PurgeQueue operation on " +
                                                          (*queue)->name.name +
                                                          " is allowed every 60 seconds."));
  }
  KILN_API_TRY(const bool exists, kRoom, turn);
  if (!exists) co_return aws::fail(no_such_queue());
  // What was sent in this millisecond, before the call, goes too.
  auto purging = service.messages.purge((*queue)->messages, now + 1);
  if (const Status purged = co_await purging; !purged) {
    co_return aws::fail(aws::internal_failure(kRoom, purged.error()));
  }
  co_return PurgeQueue::Output{};
}

}  // namespace

const aws::Operation<PurgeQueue, Service> kPurgeQueue{authorize, handle};

}  // namespace kiln::sqs
