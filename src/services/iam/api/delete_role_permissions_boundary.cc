// SPDX-License-Identifier: Apache-2.0
// DeleteRolePermissionsBoundary: takes the boundary away; a role without one is left as it is.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRolePermissionsBoundary.html
#include "gen/iam/delete_role_permissions_boundary.h"

#include "services/iam/api/entity_policies.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::DeleteRolePermissionsBoundary;

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on<Roles>(context, "iam:DeleteRolePermissionsBoundary", input.role_name);
}

}  // namespace

extern const aws::Operation<Op, Service> kDeleteRolePermissionsBoundary{authorize,
                                                                        put_boundary<Roles, Op>};

}  // namespace kiln::iam_api
