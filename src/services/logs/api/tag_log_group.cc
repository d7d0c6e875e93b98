// SPDX-License-Identifier: Apache-2.0
#include "gen/logs/tag_log_group.h"

#include "services/logs/api/common.h"
#include "services/logs/api/operation_list.h"
#include "services/logs/api/tagging.h"

namespace kiln::logs {

namespace {

using gen::logs::TagLogGroup;

aws::Authorization authorize(const aws::RequestContext& context, const TagLogGroup::Input& input) {
  return on_tagged(context, "logs:TagLogGroup", group_arn(group_of(context, input.log_group_name)),
                   input.tags);
}

Task<aws::ApiResult<TagLogGroup::Output>> handle(Service& service, aws::RequestContext context,
                                                 TagLogGroup::Input input) {
  auto group = group_of(context, input.log_group_name);
  auto done = co_await add_tags(service, std::move(group), *input.tags, kNoSuchGroup);
  if (!done) co_return aws::fail(std::move(done.error()));
  co_return TagLogGroup::Output{};
}

}  // namespace

const aws::Operation<TagLogGroup, Service> kTagLogGroup{authorize, handle};

}  // namespace kiln::logs
