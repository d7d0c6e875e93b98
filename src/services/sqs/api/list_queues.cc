// SPDX-License-Identifier: Apache-2.0
#include "gen/sqs/list_queues.h"

#include "services/sqs/api/common.h"
#include "services/sqs/api/operation_list.h"

#include <utility>

namespace kiln::sqs {

namespace {

using gen::sqs::ListQueues;

aws::Authorization authorize(const aws::RequestContext& context, const ListQueues::Input&) {
  return on_name(context, "ListQueues", "*");
}

constexpr std::int32_t kMaxResults = 1'000;

Task<aws::ApiResult<ListQueues::Output>> handle(Service& service, aws::RequestContext context,
                                                ListQueues::Input input) {
  const std::int32_t limit = input.max_results.value_or(kMaxResults);
  if (limit < 1 || limit > kMaxResults) {
    co_return aws::fail(
        invalid_value("Value for parameter MaxResults is invalid. Reason: MaxResults "
                      "must be an integer between 1 and 1000."));
  }
  auto after = name_of_token(input.next_token);
  if (!after) co_return aws::fail(std::move(after.error()));
  // One more tells whether there is a next page.
  auto listing =
      service.queues.list(context.account, context.region, input.queue_name_prefix.value_or(""),
                          std::move(*after), static_cast<std::size_t>(limit) + 1);
  KILN_API_TRY(auto names, kRoom, co_await listing);
  ListQueues::Output output;
  const bool more = names.size() > static_cast<std::size_t>(limit);
  if (more) names.resize(static_cast<std::size_t>(limit));
  // AWS pages only for those who have said how much they take.
  if (more && input.max_results) output.next_token = name_token(names.back());
  if (!names.empty()) output.queue_urls.emplace();
  for (std::string& name : names) {
    output.queue_urls->push_back(
        queue_url(context, {context.account, context.region, std::move(name)}));
  }
  co_return output;
}

}  // namespace

const aws::Operation<ListQueues, Service> kListQueues{authorize, handle};

}  // namespace kiln::sqs
