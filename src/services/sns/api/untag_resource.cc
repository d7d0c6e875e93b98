// SPDX-License-Identifier: Apache-2.0
#include "gen/sns/untag_resource.h"

#include "services/sns/api/common.h"
#include "services/sns/api/operation_list.h"

#include <utility>

namespace kiln::sns {
namespace {

using gen::sns::UntagResource;

aws::Authorization authorize(const aws::RequestContext&, const UntagResource::Input& input) {
  auto out = on("UntagResource", input.resource_arn);
  out.condition_keys()["aws:TagKeys"] = *input.tag_keys;
  return out;
}

Task<aws::ApiResult<UntagResource::Output>> handle(Service& service, aws::RequestContext context,
                                                   UntagResource::Input input) {
  auto name = topic_of(context, input.resource_arn, "ResourceArn");
  if (!name) co_return aws::fail(std::move(name.error()));
  const auto change = [&input](Topic& topic) -> aws::ApiResult<void> {
    for (const auto& key : *input.tag_keys) topic.tags.erase(key);
    return {};
  };
  auto updating = service.catalog.update_topic(*name, change);
  KILN_API_TRY(auto updated, kRoom, co_await updating);
  if (!updated && updated.error().code == "NotFound") co_return aws::fail(no_such_resource());
  if (!updated) co_return aws::fail(std::move(updated.error()));
  co_return UntagResource::Output{};
}

}  // namespace

const aws::Operation<UntagResource, Service> kUntagResource{authorize, handle};

}  // namespace kiln::sns
