// SPDX-License-Identifier: Apache-2.0
// GetUserPolicy: the text of an inline policy, URL-encoded.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetUserPolicy.html
#include "gen/iam/get_user_policy.h"

#include "services/iam/api/entity_policies.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::GetUserPolicy;

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on<Users>(context, "iam:GetUserPolicy", input.user_name);
}

}  // namespace

extern const aws::Operation<Op, Service> kGetUserPolicy{authorize, get_inline<Users, Op>};

}  // namespace kiln::iam_api
