// SPDX-License-Identifier: Apache-2.0
#include "gen/logs/list_tags_log_group.h"

#include "services/logs/api/common.h"
#include "services/logs/api/operation_list.h"
#include "services/logs/api/tagging.h"

namespace kiln::logs {

namespace {

using gen::logs::ListTagsLogGroup;

aws::Authorization authorize(const aws::RequestContext& context,
                             const ListTagsLogGroup::Input& input) {
  return on_tagged(context, "logs:ListTagsLogGroup",
                   group_arn(group_of(context, input.log_group_name)), std::nullopt);
}

Task<aws::ApiResult<ListTagsLogGroup::Output>> handle(Service& service, aws::RequestContext context,
                                                      ListTagsLogGroup::Input input) {
  auto group = group_of(context, input.log_group_name);
  auto done = co_await list_tags(service, std::move(group), kNoSuchGroup);
  if (!done) co_return aws::fail(std::move(done.error()));
  ListTagsLogGroup::Output output;
  output.tags = std::move(*done);
  co_return output;
}

}  // namespace

const aws::Operation<ListTagsLogGroup, Service> kListTagsLogGroup{authorize, handle};

}  // namespace kiln::logs
