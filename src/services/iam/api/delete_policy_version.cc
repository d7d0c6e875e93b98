// SPDX-License-Identifier: Apache-2.0
// DeletePolicyVersion: any but the default one.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicyVersion.html
#include "gen/iam/delete_policy_version.h"

#include "services/iam/api/common.h"

#include <algorithm>

namespace kiln::iam_api {
namespace {

using Op = gen::iam::DeletePolicyVersion;

ApiResult<Op::Output> decide(const RequestContext& context, const Op::Input& input,
                             iam::PolicyRecord& policy, store::Batch& batch) {
  const auto number = version_number(*input.version_id);
  const auto at = std::ranges::find(policy.versions, number, &iam::PolicyRecord::Version::number);
  if (at == policy.versions.end()) {
    return aws::fail(no_such_policy_version(*input.policy_arn, *input.version_id));
  }
  if (number == policy.default_version) {
    return aws::fail(
        gen::iam::delete_conflict_exception("Cannot delete the default version of a policy."));
  }
  policy.versions.erase(at);
  policy.updated = whole_seconds(context.now);
  batch.erase(iam::keys::policy_version(context.account, policy.name, number));
  return Op::Output{};
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on_policy("iam:DeletePolicyVersion", input.policy_arn);
}

}  // namespace

extern const aws::Operation<Op, Service> kDeletePolicyVersion{authorize, change_policy<Op, decide>};

}  // namespace kiln::iam_api
