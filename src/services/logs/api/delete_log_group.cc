// SPDX-License-Identifier: Apache-2.0
#include "gen/logs/delete_log_group.h"

#include "gen/logs/errors.h"
#include "services/logs/api/common.h"
#include "services/logs/api/operation_list.h"

namespace kiln::logs {

namespace {

using gen::logs::DeleteLogGroup;

aws::Authorization authorize(const aws::RequestContext& context,
                             const DeleteLogGroup::Input& input) {
  return on_group(context, "logs:DeleteLogGroup", input.log_group_name);
}

Task<aws::ApiResult<DeleteLogGroup::Output>> handle(Service& service, aws::RequestContext context,
                                                    DeleteLogGroup::Input input) {
  const auto name = group_of(context, input.log_group_name);
  KILN_API_TRY(const auto group, kRoom, co_await service.catalog.find_group(name));
  if (group && group->deletion_protection) {
    co_return aws::fail(gen::logs::validation_exception(
        "Log group cannot be deleted because deletion protection is enabled"));
  }
  KILN_API_TRY(const Removed removed, kRoom, co_await service.catalog.delete_group(name));
  if (removed == Removed::kNoGroup) co_return aws::fail(no_such_group());
  service.retention.collect_soon();
  co_return DeleteLogGroup::Output{};
}

}  // namespace

const aws::Operation<DeleteLogGroup, Service> kDeleteLogGroup{authorize, handle};

}  // namespace kiln::logs
