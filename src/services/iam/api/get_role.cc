// SPDX-License-Identifier: Apache-2.0
// GetRole: one role with everything about it.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html
#include "gen/iam/get_role.h"

#include "services/iam/api/common.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::GetRole;

ApiResult<Op::Output> view(const RequestContext& context, const Op::Input&,
                           const iam::RoleRecord& role) {
  Op::Output output;
  output.role = role_view(context, role);
  return output;
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on_role(context, "iam:GetRole", input.role_name);
}

}  // namespace

extern const aws::Operation<Op, Service> kGetRole{authorize, read_role<Op, view>};

}  // namespace kiln::iam_api
