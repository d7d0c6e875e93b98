// SPDX-License-Identifier: Apache-2.0
#include "gen/sns/remove_permission.h"

#include "services/sns/api/common.h"
#include "services/sns/api/operation_list.h"
#include "services/sns/model/topic_attributes.h"

#include <utility>

namespace kiln::sns {
namespace {

using gen::sns::RemovePermission;

aws::Authorization authorize(const aws::RequestContext&, const RemovePermission::Input& input) {
  return on("RemovePermission", input.topic_arn);
}

Task<aws::ApiResult<RemovePermission::Output>> handle(Service& service, aws::RequestContext context,
                                                      RemovePermission::Input input) {
  auto name = topic_of(context, input.topic_arn);
  if (!name) co_return aws::fail(std::move(name.error()));
  const auto change = [&name, &input](Topic& topic) {
    return remove_statement(*name, topic, *input.label);
  };
  auto updating = service.catalog.update_topic(*name, change);
  KILN_API_TRY(auto updated, kRoom, co_await updating);
  if (!updated) co_return aws::fail(std::move(updated.error()));
  co_return RemovePermission::Output{};
}

}  // namespace

const aws::Operation<RemovePermission, Service> kRemovePermission{authorize, handle};

}  // namespace kiln::sns
