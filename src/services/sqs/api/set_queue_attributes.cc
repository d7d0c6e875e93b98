// SPDX-License-Identifier: Apache-2.0
#include "gen/sqs/set_queue_attributes.h"

#include "services/sqs/api/common.h"
#include "services/sqs/api/operation_list.h"
#include "services/sqs/api/settings.h"

#include <utility>

namespace kiln::sqs {

namespace {

using gen::sqs::SetQueueAttributes;

aws::Authorization authorize(const aws::RequestContext& context,
                             const SetQueueAttributes::Input& input) {
  return on_url(context, "SetQueueAttributes", input.queue_url);
}

Task<aws::ApiResult<SetQueueAttributes::Output>> handle(Service& service,
                                                        aws::RequestContext context,
                                                        SetQueueAttributes::Input input) {
  auto finding = find_own_queue(service, std::move(context), std::move(input.queue_url));
  const auto queue = co_await finding;
  if (!queue) co_return aws::fail(queue.error());
  if (!input.attributes || input.attributes->empty()) {
    co_return aws::fail(missing_parameter("Attribute.Name"));
  }
  auto setting = set_attributes(service, (*queue)->name, std::move(*input.attributes));
  auto set = co_await setting;
  if (!set) co_return aws::fail(std::move(set.error()));
  co_return SetQueueAttributes::Output{};
}

}  // namespace

const aws::Operation<SetQueueAttributes, Service> kSetQueueAttributes{authorize, handle};

}  // namespace kiln::sqs
