// SPDX-License-Identifier: Apache-2.0
// GetPolicy: a managed policy of the account or of AWS.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetPolicy.html
#include "gen/iam/get_policy.h"

#include "services/iam/api/common.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::GetPolicy;

Task<Attempt<Op>> attempt(Service& service, const RequestContext& context, const Op::Input& input) {
  auto arn = parse_policy_arn(*input.policy_arn);
  if (!arn) co_return refuse<Op>(std::move(arn.error()));
  auto finding = find_policy(service.store, context.account, std::move(*arn), *input.policy_arn);
  KILN_CO_TRY(const auto policy, co_await std::move(finding));
  if (!policy) co_return refuse<Op>(no_such_policy(*input.policy_arn));
  auto counting = uses_of(service.store, context.account, *policy);
  KILN_CO_TRY(const auto counts, co_await std::move(counting));
  Op::Output output;
  output.policy = policy_view(policy->account, policy->record, counts);
  if (!policy->record.description.empty()) output.policy->description = policy->record.description;
  output.policy->tags = tags_view(policy->record.tags);
  co_return output;
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on_policy("iam:GetPolicy", input.policy_arn);
}

}  // namespace

extern const aws::Operation<Op, Service> kGetPolicy{authorize, handle<Op, attempt>};

}  // namespace kiln::iam_api
