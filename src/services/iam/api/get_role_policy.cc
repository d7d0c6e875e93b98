// SPDX-License-Identifier: Apache-2.0
// GetRolePolicy: the text of an inline policy, URL-encoded.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRolePolicy.html
#include "gen/iam/get_role_policy.h"

#include "services/iam/api/entity_policies.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::GetRolePolicy;

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on<Roles>(context, "iam:GetRolePolicy", input.role_name);
}

}  // namespace

extern const aws::Operation<Op, Service> kGetRolePolicy{authorize, get_inline<Roles, Op>};

}  // namespace kiln::iam_api
