// SPDX-License-Identifier: Apache-2.0
#include "gen/sns/tag_resource.h"

#include "services/sns/api/common.h"
#include "services/sns/api/operation_list.h"
#include "services/sns/api/tagging.h"

#include <utility>

namespace kiln::sns {
namespace {

using gen::sns::TagResource;

aws::Authorization authorize(const aws::RequestContext&, const TagResource::Input& input) {
  auto out = on("TagResource", input.resource_arn);
  add_tag_keys(out, input.tags);
  return out;
}

Task<aws::ApiResult<TagResource::Output>> handle(Service& service, aws::RequestContext context,
                                                 TagResource::Input input) {
  auto name = topic_of(context, input.resource_arn, "ResourceArn");
  if (!name) co_return aws::fail(std::move(name.error()));
  const auto change = [&input](Topic& topic) { return add_tags(topic.tags, input.tags); };
  auto updating = service.catalog.update_topic(*name, change);
  KILN_API_TRY(auto updated, kRoom, co_await updating);
  if (!updated && updated.error().code == "NotFound") co_return aws::fail(no_such_resource());
  if (!updated) co_return aws::fail(std::move(updated.error()));
  co_return TagResource::Output{};
}

}  // namespace

const aws::Operation<TagResource, Service> kTagResource{authorize, handle};

}  // namespace kiln::sns
