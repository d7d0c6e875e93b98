// SPDX-License-Identifier: Apache-2.0
// TagPolicy: adds tags or replaces their values.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_TagPolicy.html
#include "gen/iam/tag_policy.h"

#include "services/iam/api/common.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::TagPolicy;

ApiResult<Op::Output> decide(const RequestContext&, const Op::Input& input,
                             iam::PolicyRecord& policy, store::Batch&) {
  const auto tags = make_tags(input.tags);
  if (!tags) return aws::fail(tags.error());
  if (auto merged = merge_tags(policy.tags, *tags); !merged) {
    return aws::fail(std::move(merged.error()));
  }
  return Op::Output{};
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  auto out = on_policy("iam:TagPolicy", input.policy_arn);
  add_tag_keys(out, input.tags);
  return out;
}

}  // namespace

extern const aws::Operation<Op, Service> kTagPolicy{authorize, change_policy<Op, decide>};

}  // namespace kiln::iam_api
