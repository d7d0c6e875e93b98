// SPDX-License-Identifier: Apache-2.0
// DeleteRolePermissionsBoundary: takes the boundary away; a role without one is left as it is.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRolePermissionsBoundary.html
#include "gen/iam/delete_role_permissions_boundary.h"

#include "services/iam/api/common.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::DeleteRolePermissionsBoundary;

ApiResult<Op::Output> decide(const RequestContext&, const Op::Input&, iam::RoleRecord& role,
                             store::Batch&) {
  role.permissions_boundary.clear();
  return Op::Output{};
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on_role(context, "iam:DeleteRolePermissionsBoundary", input.role_name);
}

}  // namespace

extern const aws::Operation<Op, Service> kDeleteRolePermissionsBoundary{authorize,
                                                                        change_role<Op, decide>};

}  // namespace kiln::iam_api
