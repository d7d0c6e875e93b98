// SPDX-License-Identifier: Apache-2.0
#include "gen/sqs/list_queue_tags.h"

#include "services/sqs/api/common.h"
#include "services/sqs/api/operation_list.h"

#include <utility>

namespace kiln::sqs {

namespace {

using gen::sqs::ListQueueTags;

aws::Authorization authorize(const aws::RequestContext& context,
                             const ListQueueTags::Input& input) {
  return on_url(context, "ListQueueTags", input.queue_url);
}

Task<aws::ApiResult<ListQueueTags::Output>> handle(Service& service, aws::RequestContext context,
                                                   ListQueueTags::Input input) {
  auto finding = find_own_queue(service, std::move(context), std::move(input.queue_url));
  const auto queue = co_await finding;
  if (!queue) co_return aws::fail(queue.error());
  ListQueueTags::Output output;
  if (!(*queue)->record.tags.empty()) output.tags = (*queue)->record.tags;
  co_return output;
}

}  // namespace

const aws::Operation<ListQueueTags, Service> kListQueueTags{authorize, handle};

}  // namespace kiln::sqs
