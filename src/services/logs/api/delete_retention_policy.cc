// SPDX-License-Identifier: Apache-2.0
#include "gen/logs/delete_retention_policy.h"

#include "services/logs/api/common.h"
#include "services/logs/api/operation_list.h"

namespace kiln::logs {

namespace {

using gen::logs::DeleteRetentionPolicy;

aws::Authorization authorize(const aws::RequestContext& context,
                             const DeleteRetentionPolicy::Input& input) {
  return on_group(context, "logs:DeleteRetentionPolicy", input.log_group_name);
}

Task<aws::ApiResult<DeleteRetentionPolicy::Output>> handle(Service& service,
                                                           aws::RequestContext context,
                                                           DeleteRetentionPolicy::Input input) {
  auto group = group_of(context, input.log_group_name);
  KILN_API_TRY(const bool found, kRoom,
               co_await service.catalog.update_group(std::move(group),
                                                     [](Group& g) { g.retention_days = 0; }));
  if (!found) co_return aws::fail(no_such_group());
  co_return DeleteRetentionPolicy::Output{};
}

}  // namespace

const aws::Operation<DeleteRetentionPolicy, Service> kDeleteRetentionPolicy{authorize, handle};

}  // namespace kiln::logs
