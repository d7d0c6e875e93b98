// SPDX-License-Identifier: Apache-2.0
// DeleteUserPermissionsBoundary: takes the boundary away; a user without one is left as it is.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUserPermissionsBoundary.html
#include "gen/iam/delete_user_permissions_boundary.h"

#include "services/iam/api/entity_policies.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::DeleteUserPermissionsBoundary;

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on<Users>(context, "iam:DeleteUserPermissionsBoundary", input.user_name);
}

}  // namespace

extern const aws::Operation<Op, Service> kDeleteUserPermissionsBoundary{authorize,
                                                                        put_boundary<Users, Op>};

}  // namespace kiln::iam_api
