// SPDX-License-Identifier: Apache-2.0
// PutUserPermissionsBoundary: names the managed policy that bounds a user.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPermissionsBoundary.html
#include "gen/iam/put_user_permissions_boundary.h"

#include "services/iam/api/entity_policies.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::PutUserPermissionsBoundary;

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on_boundary<Users>(context, "iam:PutUserPermissionsBoundary", input);
}

}  // namespace

extern const aws::Operation<Op, Service> kPutUserPermissionsBoundary{authorize,
                                                                     put_boundary<Users, Op>};

}  // namespace kiln::iam_api
