// SPDX-License-Identifier: Apache-2.0
#include "gen/sqs/change_message_visibility.h"

#include "services/sqs/api/common.h"
#include "services/sqs/api/operation_list.h"
#include "services/sqs/api/receipts.h"

#include <utility>

namespace kiln::sqs {

namespace {

using gen::sqs::ChangeMessageVisibility;

aws::Authorization authorize(const aws::RequestContext& context,
                             const ChangeMessageVisibility::Input& input) {
  return on_url(context, "ChangeMessageVisibility", input.queue_url);
}

Task<aws::ApiResult<ChangeMessageVisibility::Output>> handle(Service& service,
                                                             aws::RequestContext context,
                                                             ChangeMessageVisibility::Input input) {
  auto finding = find_queue(service, std::move(context), std::move(input.queue_url));
  const auto queue = co_await finding;
  if (!queue) co_return aws::fail(queue.error());
  auto changing = change_one(service, *queue, input.receipt_handle, input.visibility_timeout);
  auto changed = co_await changing;
  if (!changed) co_return aws::fail(std::move(changed.error()));
  co_return ChangeMessageVisibility::Output{};
}

}  // namespace

const aws::Operation<ChangeMessageVisibility, Service> kChangeMessageVisibility{authorize, handle};

}  // namespace kiln::sqs
