// SPDX-License-Identifier: Apache-2.0
#include "gen/sqs/untag_queue.h"

#include "services/sqs/api/common.h"
#include "services/sqs/api/operation_list.h"

#include <utility>

namespace kiln::sqs {

namespace {

using gen::sqs::UntagQueue;

aws::Authorization authorize(const aws::RequestContext& context, const UntagQueue::Input& input) {
  auto out = on_url(context, "UntagQueue", input.queue_url);
  if (input.tag_keys) out.condition_keys()["aws:TagKeys"] = *input.tag_keys;
  return out;
}

Status remove_tags(QueueRecord& record, const std::vector<std::string>& keys) {
  for (const std::string& key : keys) record.tags.erase(key);
  return {};
}

Task<aws::ApiResult<UntagQueue::Output>> handle(Service& service, aws::RequestContext context,
                                                UntagQueue::Input input) {
  auto finding = find_own_queue(service, std::move(context), std::move(input.queue_url));
  const auto queue = co_await finding;
  if (!queue) co_return aws::fail(queue.error());
  if (!input.tag_keys || input.tag_keys->empty()) co_return aws::fail(missing_parameter("TagKeys"));
  auto updating = service.queues.update((*queue)->name,
                                        [keys = std::move(*input.tag_keys)](QueueRecord& record) {
                                          return remove_tags(record, keys);
                                        });
  KILN_API_TRY(const bool exists, kRoom, co_await updating);
  if (!exists) co_return aws::fail(no_such_queue());
  co_return UntagQueue::Output{};
}

}  // namespace

const aws::Operation<UntagQueue, Service> kUntagQueue{authorize, handle};

}  // namespace kiln::sqs
