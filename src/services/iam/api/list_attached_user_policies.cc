// SPDX-License-Identifier: Apache-2.0
// ListAttachedUserPolicies: the managed policies of a user, in order of attachment.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAttachedUserPolicies.html
#include "gen/iam/list_attached_user_policies.h"

#include "services/iam/api/entity_policies.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::ListAttachedUserPolicies;

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on<Users>(context, "iam:ListAttachedUserPolicies", input.user_name);
}

}  // namespace

extern const aws::Operation<Op, Service> kListAttachedUserPolicies{authorize,
                                                                   list_attached<Users, Op>};

}  // namespace kiln::iam_api
