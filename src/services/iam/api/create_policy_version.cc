// SPDX-License-Identifier: Apache-2.0
// CreatePolicyVersion: a further text of a managed policy, five at most.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicyVersion.html
#include "gen/iam/create_policy_version.h"

#include "services/iam/api/common.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::CreatePolicyVersion;

ApiResult<Op::Output> decide(const RequestContext& context, const Op::Input& input,
                             iam::PolicyRecord& policy, store::Batch& batch) {
  const std::string& text = *input.policy_document;
  if (auto good = check_document(text, iam::PolicyKind::kIdentity); !good) {
    return aws::fail(std::move(good.error()));
  }
  if (iam::policy_size(text) > kMaxPolicySize || text.size() > kMaxDocumentBytes) {
    return aws::fail(quota_exceeded("PolicySize", kMaxPolicySize));
  }
  if (policy.versions.size() >= kMaxVersionsPerPolicy) {
    return aws::fail(gen::iam::limit_exceeded_exception(
        "A managed policy can have up to 5 versions. Before you create a new version, you must "
        "delete an existing version."));
  }
  const iam::PolicyRecord::Version version{++policy.last_version, whole_seconds(context.now)};
  policy.versions.push_back(version);
  policy.updated = version.created;
  if (input.set_as_default.value_or(false)) policy.default_version = version.number;
  batch.put(iam::keys::policy_version(context.account, policy.name, version.number), text);
  Op::Output output;
  output.policy_version = version_view(policy, version);
  return output;
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on_policy("iam:CreatePolicyVersion", input.policy_arn);
}

}  // namespace

extern const aws::Operation<Op, Service> kCreatePolicyVersion{authorize, change_policy<Op, decide>};

}  // namespace kiln::iam_api
