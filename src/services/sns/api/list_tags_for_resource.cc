// SPDX-License-Identifier: Apache-2.0
#include "gen/sns/list_tags_for_resource.h"

#include "services/sns/api/common.h"
#include "services/sns/api/operation_list.h"

#include <utility>

namespace kiln::sns {
namespace {

using gen::sns::ListTagsForResource;

aws::Authorization authorize(const aws::RequestContext&, const ListTagsForResource::Input& input) {
  return on("ListTagsForResource", input.resource_arn);
}

Task<aws::ApiResult<ListTagsForResource::Output>> handle(Service& service,
                                                         aws::RequestContext context,
                                                         ListTagsForResource::Input input) {
  auto name = topic_of(context, input.resource_arn, "ResourceArn");
  if (!name) co_return aws::fail(std::move(name.error()));
  auto finding = service.catalog.find_topic(*name);
  KILN_API_TRY(const auto topic, kRoom, co_await finding);
  if (!topic) co_return aws::fail(no_such_resource());
  ListTagsForResource::Output output;
  output.tags.emplace();
  for (const auto& [key, value] : topic->tags) output.tags->push_back({.key = key, .value = value});
  co_return output;
}

}  // namespace

const aws::Operation<ListTagsForResource, Service> kListTagsForResource{authorize, handle};

}  // namespace kiln::sns
