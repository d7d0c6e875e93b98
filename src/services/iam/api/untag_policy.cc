// SPDX-License-Identifier: Apache-2.0
// UntagPolicy: removes tags; keys that are not there do not matter.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_UntagPolicy.html
#include "gen/iam/untag_policy.h"

#include "services/iam/api/common.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::UntagPolicy;

ApiResult<Op::Output> decide(const RequestContext&, const Op::Input& input,
                             iam::PolicyRecord& policy, store::Batch&) {
  if (input.tag_keys) remove_tags(policy.tags, *input.tag_keys);
  return Op::Output{};
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  auto out = on_policy("iam:UntagPolicy", input.policy_arn);
  if (input.tag_keys) out.condition_keys()["aws:TagKeys"] = *input.tag_keys;
  return out;
}

}  // namespace

extern const aws::Operation<Op, Service> kUntagPolicy{authorize, change_policy<Op, decide>};

}  // namespace kiln::iam_api
