// SPDX-License-Identifier: Apache-2.0
// ListUserPolicies: the names of the inline policies of a user.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUserPolicies.html
#include "gen/iam/list_user_policies.h"

#include "services/iam/api/entity_policies.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::ListUserPolicies;

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on<Users>(context, "iam:ListUserPolicies", input.user_name);
}

}  // namespace

extern const aws::Operation<Op, Service> kListUserPolicies{authorize, list_inlines<Users, Op>};

}  // namespace kiln::iam_api
