// SPDX-License-Identifier: Apache-2.0
// AttachGroupPolicy: hangs a managed policy on a group. Repeating it changes nothing.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachGroupPolicy.html
#include "gen/iam/attach_group_policy.h"

#include "services/iam/api/entity_policies.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::AttachGroupPolicy;

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on_attachment<Groups>(context, "iam:AttachGroupPolicy", input);
}

}  // namespace

extern const aws::Operation<Op, Service> kAttachGroupPolicy{authorize, attach_policy<Groups, Op>};

}  // namespace kiln::iam_api
