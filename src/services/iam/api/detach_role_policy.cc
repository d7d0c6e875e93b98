// SPDX-License-Identifier: Apache-2.0
// DetachRolePolicy: takes a managed policy off a role.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_DetachRolePolicy.html
#include "gen/iam/detach_role_policy.h"

#include "services/iam/api/common.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::DetachRolePolicy;

Task<Attempt<Op>> attempt(Service& service, const RequestContext& context, const Op::Input& input) {
  auto arn = parse_policy_arn(*input.policy_arn);
  if (!arn) co_return refuse<Op>(std::move(arn.error()));
  auto loading = load_role(service.store, context.account, *input.role_name);
  KILN_CO_TRY(auto role, co_await std::move(loading));
  if (!role) co_return refuse<Op>(no_such_role(*input.role_name));
  if (std::erase(role->record.attached, *input.policy_arn) == 0) {
    co_return refuse<Op>(no_such_policy(*input.policy_arn));
  }
  auto finding = find_policy(service.store, context.account, std::move(*arn), *input.policy_arn);
  KILN_CO_TRY(auto policy, co_await std::move(finding));
  const auto key = iam::keys::role(context.account, *input.role_name);
  store::Batch batch;
  batch.check(key, role->version).put(key, iam::encode(role->record));
  batch.erase(iam::keys::attachment(context.account, *input.policy_arn, role->record.name));
  if (policy && policy->version) {
    --policy->record.attachments;
    const auto policy_key = iam::keys::policy(context.account, policy->record.name);
    batch.check(policy_key, policy->version).put(policy_key, iam::encode(policy->record));
  }
  auto committing = service.store.commit(std::move(batch));
  KILN_CO_TRY_VOID(co_await std::move(committing));
  co_return Op::Output{};
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  auto out = on_role(context, "iam:DetachRolePolicy", input.role_name);
  if (input.policy_arn) out.condition_keys()["iam:PolicyARN"] = {*input.policy_arn};
  return out;
}

}  // namespace

extern const aws::Operation<Op, Service> kDetachRolePolicy{authorize, handle<Op, attempt>};

}  // namespace kiln::iam_api
