// SPDX-License-Identifier: Apache-2.0
// DeletePolicy: refused while it is attached or has several versions.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicy.html
#include "gen/iam/delete_policy.h"

#include "services/iam/api/common.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::DeletePolicy;

ApiResult<void> decide(const iam::PolicyRecord& policy) {
  if (policy.attachments > 0 || policy.boundaries > 0) {
    return aws::fail(
        gen::iam::delete_conflict_exception("Cannot delete a policy attached to entities."));
  }
  if (policy.versions.size() > 1) {
    return aws::fail(gen::iam::delete_conflict_exception(
        "This policy has more than one version. Before you delete a policy, you must delete the "
        "policy's versions. The default version is deleted with the policy."));
  }
  return {};
}

Task<Attempt<Op>> attempt(Service& service, const RequestContext& context, const Op::Input& input) {
  auto arn = parse_policy_arn(*input.policy_arn);
  if (!arn) co_return refuse<Op>(std::move(arn.error()));
  if (arn->account == "aws") {
    co_return refuse<Op>(not_authorized(context, "iam:DeletePolicy", *input.policy_arn));
  }
  auto finding = find_policy(service.store, context.account, std::move(*arn), *input.policy_arn);
  KILN_CO_TRY(const auto policy, co_await std::move(finding));
  if (!policy) co_return refuse<Op>(no_such_policy(*input.policy_arn));
  const auto& record = policy->record;
  if (auto good = decide(record); !good) co_return refuse<Op>(std::move(good.error()));
  auto counting = load_summary(service.store, context.account);
  KILN_CO_TRY(auto summary, co_await std::move(counting));
  --summary.record.policies;
  const auto key = iam::keys::policy(context.account, record.name);
  const auto count_key = iam::keys::summary(context.account);
  store::Batch batch;
  batch.check(key, policy->version).check(count_key, summary.version);
  batch.erase(key).put(count_key, iam::encode(summary.record));
  batch.erase(iam::keys::policy_version(context.account, record.name, record.default_version));
  auto committing = service.store.commit(std::move(batch));
  KILN_CO_TRY_VOID(co_await std::move(committing));
  co_return Op::Output{};
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on_policy("iam:DeletePolicy", input.policy_arn);
}

}  // namespace

extern const aws::Operation<Op, Service> kDeletePolicy{authorize, handle<Op, attempt>};

}  // namespace kiln::iam_api
