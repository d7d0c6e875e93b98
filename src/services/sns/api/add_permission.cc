// SPDX-License-Identifier: Apache-2.0
#include "gen/sns/add_permission.h"

#include "services/sns/api/common.h"
#include "services/sns/api/operation_list.h"
#include "services/sns/model/topic_attributes.h"

#include <utility>

namespace kiln::sns {
namespace {

using gen::sns::AddPermission;

aws::Authorization authorize(const aws::RequestContext&, const AddPermission::Input& input) {
  return on("AddPermission", input.topic_arn);
}

Task<aws::ApiResult<AddPermission::Output>> handle(Service& service, aws::RequestContext context,
                                                   AddPermission::Input input) {
  auto name = topic_of(context, input.topic_arn);
  if (!name) co_return aws::fail(std::move(name.error()));
  const auto change = [&name, &input](Topic& topic) {
    return add_statement(*name, topic, *input.label, *input.aws_account_id, *input.action_name);
  };
  auto updating = service.catalog.update_topic(*name, change);
  KILN_API_TRY(auto updated, kRoom, co_await updating);
  if (!updated) co_return aws::fail(std::move(updated.error()));
  co_return AddPermission::Output{};
}

}  // namespace

const aws::Operation<AddPermission, Service> kAddPermission{authorize, handle};

}  // namespace kiln::sns
