// SPDX-License-Identifier: Apache-2.0
// PutRolePolicy: makes or replaces an inline policy of a role.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html
#include "gen/iam/put_role_policy.h"

#include "services/iam/api/entity_policies.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::PutRolePolicy;

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on<Roles>(context, "iam:PutRolePolicy", input.role_name);
}

}  // namespace

extern const aws::Operation<Op, Service> kPutRolePolicy{authorize, put_inline<Roles, Op>};

}  // namespace kiln::iam_api
