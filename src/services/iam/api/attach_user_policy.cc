// SPDX-License-Identifier: Apache-2.0
// AttachUserPolicy: hangs a managed policy on a user. Repeating it changes nothing.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachUserPolicy.html
#include "gen/iam/attach_user_policy.h"

#include "services/iam/api/entity_policies.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::AttachUserPolicy;

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on_attachment<Users>(context, "iam:AttachUserPolicy", input);
}

}  // namespace

extern const aws::Operation<Op, Service> kAttachUserPolicy{authorize, attach_policy<Users, Op>};

}  // namespace kiln::iam_api
