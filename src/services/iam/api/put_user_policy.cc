// SPDX-License-Identifier: Apache-2.0
// PutUserPolicy: makes or replaces an inline policy of a user.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPolicy.html
#include "gen/iam/put_user_policy.h"

#include "services/iam/api/entity_policies.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::PutUserPolicy;

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on<Users>(context, "iam:PutUserPolicy", input.user_name);
}

}  // namespace

extern const aws::Operation<Op, Service> kPutUserPolicy{authorize, put_inline<Users, Op>};

}  // namespace kiln::iam_api
