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
  auto attachments = policy->record.attachments;
  if (!policy->version) {
    auto counting = load_attachments(service.store, context.account, *input.policy_arn, {},
                                     store::kMaxScanEntries);
    KILN_CO_TRY(const auto roles, co_await std::move(counting));
    attachments = static_cast<std::int64_t>(roles.size());
  }
  Op::Output output;
  output.policy = policy_view(policy->account, policy->record, attachments);
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
