// SPDX-License-Identifier: Apache-2.0
// GetServiceLinkedRoleDeletionStatus: of a task that DeleteServiceLinkedRole began: it has ended.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetServiceLinkedRoleDeletionStatus.html
#include "gen/iam/get_service_linked_role_deletion_status.h"

#include "services/iam/api/common.h"

#include <algorithm>

namespace kiln::iam_api {
namespace {

using Op = gen::iam::GetServiceLinkedRoleDeletionStatus;

// "task/aws-service-role/SERVICE/NAME/UUID".
bool well_formed(std::string_view id) {
  return id.starts_with("task/aws-service-role/") && std::ranges::count(id, '/') == 4;
}

Task<ApiResult<Op::Output>> answer(Service&, RequestContext, Op::Input input) {
  if (!well_formed(*input.deletion_task_id)) {
    co_return aws::fail(gen::iam::invalid_input_exception("The deletion task id is not valid."));
  }
  Op::Output output;
  output.status = "SUCCEEDED";
  co_return output;
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return {"iam:GetServiceLinkedRoleDeletionStatus", "*"};
}

}  // namespace

extern const aws::Operation<Op, Service> kGetServiceLinkedRoleDeletionStatus{authorize, answer};

}  // namespace kiln::iam_api
