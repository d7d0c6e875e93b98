// SPDX-License-Identifier: Apache-2.0
#include "gen/sqs/list_dead_letter_source_queues.h"

#include "services/sqs/api/common.h"
#include "services/sqs/api/operation_list.h"
#include "services/sqs/model/attributes.h"

#include <utility>

namespace kiln::sqs {

namespace {

using gen::sqs::ListDeadLetterSourceQueues;

aws::Authorization authorize(const aws::RequestContext& context,
                             const ListDeadLetterSourceQueues::Input& input) {
  return on_url(context, "ListDeadLetterSourceQueues", input.queue_url);
}

constexpr std::int32_t kMaxResults = 1'000;
constexpr std::size_t kPage = 200;

bool sends_to(const QueueRecord& source, const std::string& arn) {
  const auto redrive = settings_of(source.attributes).redrive;
  return redrive && redrive->dead_letter_arn == arn;
}

Task<aws::ApiResult<ListDeadLetterSourceQueues::Output>> handle(
    Service& service, aws::RequestContext context, ListDeadLetterSourceQueues::Input input) {
  auto finding = find_queue(service, context, std::move(input.queue_url));
  const auto queue = co_await finding;
  if (!queue) co_return aws::fail(queue.error());
  const std::int32_t limit = input.max_results.value_or(kMaxResults);
  if (limit < 1 || limit > kMaxResults) {
    co_return aws::fail(
        invalid_value("Value for parameter MaxResults is invalid. Reason: MaxResults must be an "
                      "integer between 1 and 1000."));
  }
  auto after = name_of_token(input.next_token);
  if (!after) co_return aws::fail(std::move(after.error()));
  const QueueName& target = (*queue)->name;
  ListDeadLetterSourceQueues::Output output;
  output.queue_urls.emplace();
  for (bool more = true; more;) {
    auto listing = service.queues.list_records(target.account, target.region, *after, kPage);
    KILN_API_TRY(const auto page, kRoom, co_await listing);
    for (const auto& [name, record] : page) {
      if (!sends_to(record, target.arn())) continue;
      if (output.queue_urls->size() == static_cast<std::size_t>(limit)) {
        if (input.max_results) output.next_token = name_token(*after);
        co_return output;
      }
      output.queue_urls->push_back(queue_url(context, name));
      *after = name.name;
    }
    more = page.size() == kPage;
    if (more) *after = page.back().first.name;
  }
  co_return output;
}

}  // namespace

const aws::Operation<ListDeadLetterSourceQueues, Service> kListDeadLetterSourceQueues{authorize,
                                                                                      handle};

}  // namespace kiln::sqs
