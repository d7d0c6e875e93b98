// SPDX-License-Identifier: Apache-2.0
// ListGroupPolicies: the names of the inline policies of a group.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListGroupPolicies.html
#include "gen/iam/list_group_policies.h"

#include "services/iam/api/entity_policies.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::ListGroupPolicies;

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on<Groups>(context, "iam:ListGroupPolicies", input.group_name);
}

}  // namespace

extern const aws::Operation<Op, Service> kListGroupPolicies{authorize, list_inlines<Groups, Op>};

}  // namespace kiln::iam_api
