// SPDX-License-Identifier: Apache-2.0
// GetPolicyVersion: one text of a managed policy, URL-encoded.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetPolicyVersion.html
#include "gen/iam/get_policy_version.h"

#include "services/iam/api/common.h"

#include <algorithm>

namespace kiln::iam_api {
namespace {

using Op = gen::iam::GetPolicyVersion;

Task<Attempt<Op>> attempt(Service& service, const RequestContext& context, const Op::Input& input) {
  auto arn = parse_policy_arn(*input.policy_arn);
  if (!arn) co_return refuse<Op>(std::move(arn.error()));
  auto finding = find_policy(service.store, context.account, std::move(*arn), *input.policy_arn);
  KILN_CO_TRY(const auto policy, co_await std::move(finding));
  if (!policy) co_return refuse<Op>(no_such_policy(*input.policy_arn));
  const auto number = version_number(*input.version_id);
  const auto& versions = policy->record.versions;
  const auto at = std::ranges::find(versions, number, &iam::PolicyRecord::Version::number);
  if (at == versions.end()) {
    co_return refuse<Op>(no_such_policy_version(*input.policy_arn, *input.version_id));
  }
  Op::Output output;
  output.policy_version = version_view(policy->record, *at);
  if (!policy->version) {
    output.policy_version->document = url_encoded(policy->managed_document);
    co_return output;
  }
  auto reading = load_text(service.store,
                           iam::keys::policy_version(context.account, policy->record.name, number));
  KILN_CO_TRY(const auto text, co_await std::move(reading));
  if (!text) {
    co_return refuse<Op>(no_such_policy_version(*input.policy_arn, *input.version_id));
  }
  output.policy_version->document = url_encoded(*text);
  co_return output;
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on_policy("iam:GetPolicyVersion", input.policy_arn);
}

}  // namespace

extern const aws::Operation<Op, Service> kGetPolicyVersion{authorize, handle<Op, attempt>};

}  // namespace kiln::iam_api
