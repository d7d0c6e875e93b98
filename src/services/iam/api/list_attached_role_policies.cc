// SPDX-License-Identifier: Apache-2.0
// ListAttachedRolePolicies: the managed policies of a role, in order of attachment.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAttachedRolePolicies.html
#include "gen/iam/list_attached_role_policies.h"

#include "services/iam/api/entity_policies.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::ListAttachedRolePolicies;

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on<Roles>(context, "iam:ListAttachedRolePolicies", input.role_name);
}

}  // namespace

extern const aws::Operation<Op, Service> kListAttachedRolePolicies{authorize,
                                                                   list_attached<Roles, Op>};

}  // namespace kiln::iam_api
