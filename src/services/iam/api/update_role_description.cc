// SPDX-License-Identifier: Apache-2.0
// UpdateRoleDescription: the older form of UpdateRole.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateRoleDescription.html
#include "gen/iam/update_role_description.h"

#include "services/iam/api/common.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::UpdateRoleDescription;

ApiResult<Op::Output> decide(const RequestContext& context, const Op::Input& input,
                             iam::RoleRecord& role, store::Batch&) {
  role.description = *input.description;
  Op::Output output;
  output.role = role_summary(context, role);
  return output;
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on_role(context, "iam:UpdateRoleDescription", input.role_name);
}

}  // namespace

extern const aws::Operation<Op, Service> kUpdateRoleDescription{authorize, change_role<Op, decide>};

}  // namespace kiln::iam_api
