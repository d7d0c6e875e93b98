// SPDX-License-Identifier: Apache-2.0
// AttachRolePolicy: hangs a managed policy on a role. Repeating it changes nothing.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachRolePolicy.html
#include "gen/iam/attach_role_policy.h"

#include "services/iam/api/common.h"

#include <algorithm>

namespace kiln::iam_api {
namespace {

using Op = gen::iam::AttachRolePolicy;

// The policy's own row counts its attachments, so that DeletePolicy cannot race.
void add_rows(const RequestContext& context, const iam::RoleRecord& role, FoundPolicy& policy,
              const std::string& arn, store::Batch& batch) {
  batch.put(iam::keys::attachment(context.account, arn, role.name),
            encode(AttachedRole{role.name, role.id, role.path}));
  if (!policy.version) return;
  ++policy.record.attachments;
  const auto key = iam::keys::policy(context.account, policy.record.name);
  batch.check(key, policy.version).put(key, iam::encode(policy.record));
}

Task<Attempt<Op>> attempt(Service& service, const RequestContext& context, const Op::Input& input) {
  auto arn = parse_policy_arn(*input.policy_arn);
  if (!arn) co_return refuse<Op>(std::move(arn.error()));
  auto loading = load_role(service.store, context.account, *input.role_name);
  KILN_CO_TRY(auto role, co_await std::move(loading));
  if (!role) co_return refuse<Op>(no_such_role(*input.role_name));
  auto finding = find_policy(service.store, context.account, std::move(*arn), *input.policy_arn);
  KILN_CO_TRY(auto policy, co_await std::move(finding));
  if (!policy) co_return refuse<Op>(policy_not_attachable(*input.policy_arn));
  auto& attached = role->record.attached;
  if (std::ranges::find(attached, *input.policy_arn) != attached.end()) co_return Op::Output{};
  if (attached.size() >= kMaxPoliciesPerRole) {
    co_return refuse<Op>(quota_exceeded("PoliciesPerRole", kMaxPoliciesPerRole));
  }
  attached.push_back(*input.policy_arn);
  const auto key = iam::keys::role(context.account, *input.role_name);
  store::Batch batch;
  batch.check(key, role->version).put(key, iam::encode(role->record));
  add_rows(context, role->record, *policy, *input.policy_arn, batch);
  auto committing = service.store.commit(std::move(batch));
  KILN_CO_TRY_VOID(co_await std::move(committing));
  co_return Op::Output{};
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  auto out = on_role(context, "iam:AttachRolePolicy", input.role_name);
  if (input.policy_arn) out.condition_keys()["iam:PolicyARN"] = {*input.policy_arn};
  return out;
}

}  // namespace

extern const aws::Operation<Op, Service> kAttachRolePolicy{authorize, handle<Op, attempt>};

}  // namespace kiln::iam_api
