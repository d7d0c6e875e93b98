// SPDX-License-Identifier: Apache-2.0
// ListAttachedGroupPolicies: the managed policies of a group, in order of attachment.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAttachedGroupPolicies.html
#include "gen/iam/list_attached_group_policies.h"

#include "services/iam/api/entity_policies.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::ListAttachedGroupPolicies;

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on<Groups>(context, "iam:ListAttachedGroupPolicies", input.group_name);
}

}  // namespace

extern const aws::Operation<Op, Service> kListAttachedGroupPolicies{authorize,
                                                                    list_attached<Groups, Op>};

}  // namespace kiln::iam_api
