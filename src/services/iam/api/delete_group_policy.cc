// SPDX-License-Identifier: Apache-2.0
// DeleteGroupPolicy: removes an inline policy.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteGroupPolicy.html
#include "gen/iam/delete_group_policy.h"

#include "services/iam/api/entity_policies.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::DeleteGroupPolicy;

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on<Groups>(context, "iam:DeleteGroupPolicy", input.group_name);
}

}  // namespace

extern const aws::Operation<Op, Service> kDeleteGroupPolicy{authorize, delete_inline<Groups, Op>};

}  // namespace kiln::iam_api
