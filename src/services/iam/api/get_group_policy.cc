// SPDX-License-Identifier: Apache-2.0
// GetGroupPolicy: the text of an inline policy, URL-encoded.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetGroupPolicy.html
#include "gen/iam/get_group_policy.h"

#include "services/iam/api/entity_policies.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::GetGroupPolicy;

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on<Groups>(context, "iam:GetGroupPolicy", input.group_name);
}

}  // namespace

extern const aws::Operation<Op, Service> kGetGroupPolicy{authorize, get_inline<Groups, Op>};

}  // namespace kiln::iam_api
