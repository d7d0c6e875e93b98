// SPDX-License-Identifier: Apache-2.0
// PutGroupPolicy: makes or replaces an inline policy of a group.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutGroupPolicy.html
#include "gen/iam/put_group_policy.h"

#include "services/iam/api/entity_policies.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::PutGroupPolicy;

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on<Groups>(context, "iam:PutGroupPolicy", input.group_name);
}

}  // namespace

extern const aws::Operation<Op, Service> kPutGroupPolicy{authorize, put_inline<Groups, Op>};

}  // namespace kiln::iam_api
