// SPDX-License-Identifier: Apache-2.0
// DeleteUserPolicy: removes an inline policy.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUserPolicy.html
#include "gen/iam/delete_user_policy.h"

#include "services/iam/api/entity_policies.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::DeleteUserPolicy;

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on<Users>(context, "iam:DeleteUserPolicy", input.user_name);
}

}  // namespace

extern const aws::Operation<Op, Service> kDeleteUserPolicy{authorize, delete_inline<Users, Op>};

}  // namespace kiln::iam_api
