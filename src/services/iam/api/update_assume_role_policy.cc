// SPDX-License-Identifier: Apache-2.0
// UpdateAssumeRolePolicy: replaces the trust policy.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAssumeRolePolicy.html
#include "gen/iam/update_assume_role_policy.h"

#include "services/iam/api/common.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::UpdateAssumeRolePolicy;

ApiResult<Op::Output> decide(const RequestContext&, const Op::Input& input, iam::RoleRecord& role,
                             store::Batch&) {
  if (role.service_linked()) return aws::fail(protected_role(role.name));
  const std::string& trust = *input.policy_document;
  if (auto good = check_document(trust, iam::PolicyKind::kTrust); !good) {
    return aws::fail(std::move(good.error()));
  }
  if (iam::policy_size(trust) > kMaxTrustPolicySize || trust.size() > kMaxDocumentBytes) {
    return aws::fail(quota_exceeded("ACLSizePerRole", kMaxTrustPolicySize));
  }
  role.trust_policy = trust;
  return Op::Output{};
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on_role(context, "iam:UpdateAssumeRolePolicy", input.role_name);
}

}  // namespace

extern const aws::Operation<Op, Service> kUpdateAssumeRolePolicy{authorize,
                                                                 change_role<Op, decide>};

}  // namespace kiln::iam_api
