// SPDX-License-Identifier: Apache-2.0
// SetDefaultPolicyVersion: which text of the policy acts.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_SetDefaultPolicyVersion.html
#include "gen/iam/set_default_policy_version.h"

#include "services/iam/api/common.h"

#include <algorithm>

namespace kiln::iam_api {
namespace {

using Op = gen::iam::SetDefaultPolicyVersion;

ApiResult<Op::Output> decide(const RequestContext& context, const Op::Input& input,
                             iam::PolicyRecord& policy, store::Batch&) {
  const auto number = version_number(*input.version_id);
  const auto at = std::ranges::find(policy.versions, number, &iam::PolicyRecord::Version::number);
  if (at == policy.versions.end()) {
    return aws::fail(no_such_policy_version(*input.policy_arn, *input.version_id));
  }
  policy.default_version = number;
  policy.updated = whole_seconds(context.now);
  return Op::Output{};
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on_policy("iam:SetDefaultPolicyVersion", input.policy_arn);
}

}  // namespace

extern const aws::Operation<Op, Service> kSetDefaultPolicyVersion{authorize,
                                                                  change_policy<Op, decide>};

}  // namespace kiln::iam_api
