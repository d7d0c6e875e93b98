// SPDX-License-Identifier: Apache-2.0
// DeleteRolePolicy: removes an inline policy.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRolePolicy.html
#include "gen/iam/delete_role_policy.h"

#include "services/iam/api/entity_policies.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::DeleteRolePolicy;

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on<Roles>(context, "iam:DeleteRolePolicy", input.role_name);
}

}  // namespace

extern const aws::Operation<Op, Service> kDeleteRolePolicy{authorize, delete_inline<Roles, Op>};

}  // namespace kiln::iam_api
