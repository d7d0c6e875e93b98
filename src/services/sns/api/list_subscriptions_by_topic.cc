// SPDX-License-Identifier: Apache-2.0
#include "gen/sns/list_subscriptions_by_topic.h"

#include "services/sns/api/common.h"
#include "services/sns/api/listed.h"
#include "services/sns/api/operation_list.h"

#include <utility>

namespace kiln::sns {
namespace {

using gen::sns::ListSubscriptionsByTopic;

aws::Authorization authorize(const aws::RequestContext&,
                             const ListSubscriptionsByTopic::Input& input) {
  return on("ListSubscriptionsByTopic", input.topic_arn);
}

Task<aws::ApiResult<ListSubscriptionsByTopic::Output>> handle(
    Service& service, aws::RequestContext context, ListSubscriptionsByTopic::Input input) {
  auto name = topic_of(context, input.topic_arn);
  if (!name) co_return aws::fail(std::move(name.error()));
  auto after = read_page_token(input.next_token);
  if (!after) co_return aws::fail(std::move(after.error()));
  auto finding = service.catalog.find_topic(*name);
  KILN_API_TRY(auto topic, kRoom, co_await finding);
  if (!topic) co_return aws::fail(no_such_topic());
  auto listing =
      service.catalog.list_subscriptions(name->place(), topic->id, std::move(*after), kPage);
  KILN_API_TRY(const auto subscriptions, kRoom, co_await listing);
  ListSubscriptionsByTopic::Output output;
  output.subscriptions.emplace();
  for (const auto& subscription : subscriptions) {
    output.subscriptions->push_back(listed({*name, subscription.id}, subscription));
  }
  if (subscriptions.size() == kPage) output.next_token = page_token(subscriptions.back().id);
  co_return output;
}

}  // namespace

const aws::Operation<ListSubscriptionsByTopic, Service> kListSubscriptionsByTopic{authorize,
                                                                                  handle};

}  // namespace kiln::sns
