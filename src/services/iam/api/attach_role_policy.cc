// SPDX-License-Identifier: Apache-2.0
// AttachRolePolicy: hangs a managed policy on a role. Repeating it changes nothing.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachRolePolicy.html
#include "gen/iam/attach_role_policy.h"

#include "services/iam/api/entity_policies.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::AttachRolePolicy;

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on_attachment<Roles>(context, "iam:AttachRolePolicy", input);
}

}  // namespace

extern const aws::Operation<Op, Service> kAttachRolePolicy{authorize, attach_policy<Roles, Op>};

}  // namespace kiln::iam_api
