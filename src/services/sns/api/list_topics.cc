// SPDX-License-Identifier: Apache-2.0
#include "gen/sns/list_topics.h"

#include "services/sns/api/common.h"
#include "services/sns/api/operation_list.h"

#include <utility>

namespace kiln::sns {
namespace {

using gen::sns::ListTopics;

aws::Authorization authorize(const aws::RequestContext& context, const ListTopics::Input&) {
  return on("ListTopics", "arn:aws:sns:" + context.region + ":" + context.account + ":*");
}

Task<aws::ApiResult<ListTopics::Output>> handle(Service& service, aws::RequestContext context,
                                                ListTopics::Input input) {
  auto after = read_page_token(input.next_token);
  if (!after) co_return aws::fail(std::move(after.error()));
  const Place place{context.account, context.region};
  auto listing = service.catalog.list_topics(place, std::move(*after), kPage);
  KILN_API_TRY(const auto names, kRoom, co_await listing);
  ListTopics::Output output;
  output.topics.emplace();
  for (const auto& name : names) {
    output.topics->push_back({.topic_arn = arn_of(TopicName{place.account, place.region, name})});
  }
  if (names.size() == kPage) output.next_token = page_token(names.back());
  co_return output;
}

}  // namespace

const aws::Operation<ListTopics, Service> kListTopics{authorize, handle};

}  // namespace kiln::sns
