// SPDX-License-Identifier: Apache-2.0
// PutRolePermissionsBoundary: names the managed policy that bounds a role.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePermissionsBoundary.html
#include "gen/iam/put_role_permissions_boundary.h"

#include "services/iam/api/entity_policies.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::PutRolePermissionsBoundary;

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on_boundary<Roles>(context, "iam:PutRolePermissionsBoundary", input);
}

}  // namespace

extern const aws::Operation<Op, Service> kPutRolePermissionsBoundary{authorize,
                                                                     put_boundary<Roles, Op>};

}  // namespace kiln::iam_api
