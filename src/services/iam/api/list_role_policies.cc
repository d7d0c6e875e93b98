// SPDX-License-Identifier: Apache-2.0
// ListRolePolicies: the names of the inline policies of a role.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRolePolicies.html
#include "gen/iam/list_role_policies.h"

#include "services/iam/api/entity_policies.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::ListRolePolicies;

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on<Roles>(context, "iam:ListRolePolicies", input.role_name);
}

}  // namespace

extern const aws::Operation<Op, Service> kListRolePolicies{authorize, list_inlines<Roles, Op>};

}  // namespace kiln::iam_api
