// SPDX-License-Identifier: Apache-2.0
// DetachGroupPolicy: takes a managed policy off a group.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_DetachGroupPolicy.html
#include "gen/iam/detach_group_policy.h"

#include "services/iam/api/entity_policies.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::DetachGroupPolicy;

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on_attachment<Groups>(context, "iam:DetachGroupPolicy", input);
}

}  // namespace

extern const aws::Operation<Op, Service> kDetachGroupPolicy{authorize, detach_policy<Groups, Op>};

}  // namespace kiln::iam_api
