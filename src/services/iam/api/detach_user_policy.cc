// SPDX-License-Identifier: Apache-2.0
// DetachUserPolicy: takes a managed policy off a user.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_DetachUserPolicy.html
#include "gen/iam/detach_user_policy.h"

#include "services/iam/api/entity_policies.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::DetachUserPolicy;

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on_attachment<Users>(context, "iam:DetachUserPolicy", input);
}

}  // namespace

extern const aws::Operation<Op, Service> kDetachUserPolicy{authorize, detach_policy<Users, Op>};

}  // namespace kiln::iam_api
