// SPDX-License-Identifier: Apache-2.0
#include "gen/logs/untag_resource.h"

#include "services/logs/api/common.h"
#include "services/logs/api/operation_list.h"
#include "services/logs/api/tagging.h"

namespace kiln::logs {

namespace {

using gen::logs::UntagResource;

aws::Authorization authorize(const aws::RequestContext& context,
                             const UntagResource::Input& input) {
  return on_tagged(context, "logs:UntagResource", input.resource_arn.value_or(""), std::nullopt);
}

Task<aws::ApiResult<UntagResource::Output>> handle(Service& service, aws::RequestContext context,
                                                   UntagResource::Input input) {
  auto group = tagged_group(context, input.resource_arn);
  if (!group) co_return aws::fail(std::move(group.error()));
  auto done = co_await remove_tags(service, std::move(*group), *input.tag_keys, kNoSuchResource);
  if (!done) co_return aws::fail(std::move(done.error()));
  co_return UntagResource::Output{};
}

}  // namespace

const aws::Operation<UntagResource, Service> kUntagResource{authorize, handle};

}  // namespace kiln::logs
