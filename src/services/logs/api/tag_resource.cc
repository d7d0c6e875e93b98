// SPDX-License-Identifier: Apache-2.0
#include "gen/logs/tag_resource.h"

#include "services/logs/api/common.h"
#include "services/logs/api/operation_list.h"
#include "services/logs/api/tagging.h"

namespace kiln::logs {

namespace {

using gen::logs::TagResource;

aws::Authorization authorize(const aws::RequestContext& context, const TagResource::Input& input) {
  return on_tagged(context, "logs:TagResource", input.resource_arn.value_or(""), input.tags);
}

Task<aws::ApiResult<TagResource::Output>> handle(Service& service, aws::RequestContext context,
                                                 TagResource::Input input) {
  auto group = tagged_group(context, input.resource_arn);
  if (!group) co_return aws::fail(std::move(group.error()));
  auto done = co_await add_tags(service, std::move(*group), *input.tags, kNoSuchResource);
  if (!done) co_return aws::fail(std::move(done.error()));
  co_return TagResource::Output{};
}

}  // namespace

const aws::Operation<TagResource, Service> kTagResource{authorize, handle};

}  // namespace kiln::logs
