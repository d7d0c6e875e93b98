// SPDX-License-Identifier: Apache-2.0
#include "gen/logs/untag_log_group.h"

#include "services/logs/api/common.h"
#include "services/logs/api/operation_list.h"
#include "services/logs/api/tagging.h"

namespace kiln::logs {

namespace {

using gen::logs::UntagLogGroup;

aws::Authorization authorize(const aws::RequestContext& context,
                             const UntagLogGroup::Input& input) {
  return on_tagged(context, "logs:UntagLogGroup",
                   group_arn(group_of(context, input.log_group_name)), std::nullopt);
}

Task<aws::ApiResult<UntagLogGroup::Output>> handle(Service& service, aws::RequestContext context,
                                                   UntagLogGroup::Input input) {
  auto group = group_of(context, input.log_group_name);
  auto done = co_await remove_tags(service, std::move(group), *input.tags, kNoSuchGroup);
  if (!done) co_return aws::fail(std::move(done.error()));
  co_return UntagLogGroup::Output{};
}

}  // namespace

const aws::Operation<UntagLogGroup, Service> kUntagLogGroup{authorize, handle};

}  // namespace kiln::logs
