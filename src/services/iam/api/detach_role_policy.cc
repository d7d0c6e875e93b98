// SPDX-License-Identifier: Apache-2.0
// DetachRolePolicy: takes a managed policy off a role.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_DetachRolePolicy.html
#include "gen/iam/detach_role_policy.h"

#include "services/iam/api/entity_policies.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::DetachRolePolicy;

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on_attachment<Roles>(context, "iam:DetachRolePolicy", input);
}

}  // namespace

extern const aws::Operation<Op, Service> kDetachRolePolicy{authorize, detach_policy<Roles, Op>};

}  // namespace kiln::iam_api
