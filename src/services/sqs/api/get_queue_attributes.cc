// SPDX-License-Identifier: Apache-2.0
#include "gen/sqs/get_queue_attributes.h"

#include "services/sqs/api/common.h"
#include "services/sqs/api/operation_list.h"
#include "services/sqs/model/attributes.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

namespace kiln::sqs {

namespace {

using gen::sqs::GetQueueAttributes;

aws::Authorization authorize(const aws::RequestContext& context,
                             const GetQueueAttributes::Input& input) {
  return on_url(context, "GetQueueAttributes", input.queue_url);
}

Task<aws::ApiResult<GetQueueAttributes::Output>> handle(Service& service,
                                                        aws::RequestContext context,
                                                        GetQueueAttributes::Input input) {
  auto finding = find_queue(service, std::move(context), std::move(input.queue_url));
  const auto queue = co_await finding;
  if (!queue) co_return aws::fail(queue.error());
  const Queue& q = **queue;
  std::set<std::string> wanted;
  for (std::string& name : input.attribute_names.value_or(std::vector<std::string>())) {
    if (!is_attribute(name)) co_return aws::fail(unknown_attribute(name));
    wanted.insert(std::move(name));
  }
  GetQueueAttributes::Output output;
  if (wanted.empty()) co_return output;
  TextMap all = described(q.record.attributes);
  all["QueueArn"] = q.name.arn();
  all["CreatedTimestamp"] = std::to_string(q.record.created_ms / 1'000);
  all["LastModifiedTimestamp"] = std::to_string(q.record.modified_ms / 1'000);
  const bool counted = wanted.contains("All") || std::ranges::any_of(wanted, [](const auto& name) {
                         return name.starts_with("ApproximateNumberOf");
                       });
  if (counted) {
    auto counting = service.messages.counts(*queue);
    KILN_API_TRY(const auto counts, kRoom, co_await counting);
    all["ApproximateNumberOfMessages"] = std::to_string(counts.visible);
    all["ApproximateNumberOfMessagesDelayed"] = std::to_string(counts.delayed);
    all["ApproximateNumberOfMessagesNotVisible"] = std::to_string(counts.leased);
  }
  if (!wanted.contains("All")) {
    std::erase_if(all, [&wanted](const auto& item) { return !wanted.contains(item.first); });
  }
  if (!all.empty()) output.attributes = std::move(all);
  co_return output;
}

}  // namespace

const aws::Operation<GetQueueAttributes, Service> kGetQueueAttributes{authorize, handle};

}  // namespace kiln::sqs
