// SPDX-License-Identifier: Apache-2.0
#include "gen/logs/list_tags_for_resource.h"

#include "services/logs/api/common.h"
#include "services/logs/api/operation_list.h"
#include "services/logs/api/tagging.h"

namespace kiln::logs {

namespace {

using gen::logs::ListTagsForResource;

aws::Authorization authorize(const aws::RequestContext& context,
                             const ListTagsForResource::Input& input) {
  return on_tagged(context, "logs:ListTagsForResource", input.resource_arn.value_or(""),
                   std::nullopt);
}

Task<aws::ApiResult<ListTagsForResource::Output>> handle(Service& service,
                                                         aws::RequestContext context,
                                                         ListTagsForResource::Input input) {
  auto group = tagged_group(context, input.resource_arn);
  if (!group) co_return aws::fail(std::move(group.error()));
  auto done = co_await list_tags(service, std::move(*group), kNoSuchResource);
  if (!done) co_return aws::fail(std::move(done.error()));
  ListTagsForResource::Output output;
  output.tags = std::move(*done);
  co_return output;
}

}  // namespace

const aws::Operation<ListTagsForResource, Service> kListTagsForResource{authorize, handle};

}  // namespace kiln::logs
