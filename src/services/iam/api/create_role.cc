// SPDX-License-Identifier: Apache-2.0
// CreateRole: a role with its trust policy.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
#include "gen/iam/create_role.h"

#include "iam/unique_id.h"
#include "services/iam/api/entity_policies.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::CreateRole;

ApiResult<iam::RoleRecord> decide(Service& service, const RequestContext& context,
                                  const Op::Input& input) {
  const std::string path = input.path.value_or("/");
  if (path.starts_with("/aws-service-role/")) {
    return aws::fail(validation_error(
        "Path '/aws-service-role/' is reserved and can not be used for new roles."));
  }
  const std::string& trust = *input.assume_role_policy_document;
  if (auto good = check_document(trust, iam::PolicyKind::kTrust); !good) {
    return aws::fail(std::move(good.error()));
  }
  if (iam::policy_size(trust) > kMaxTrustPolicySize || trust.size() > kMaxDocumentBytes) {
    return aws::fail(quota_exceeded("ACLSizePerRole", kMaxTrustPolicySize));
  }
  auto tags = make_tags(input.tags);
  if (!tags) return aws::fail(std::move(tags.error()));
  iam::RoleRecord role;
  role.name = *input.role_name;
  role.path = path;
  role.id = iam::unique_id("AROA", context.account, service.random);
  role.created = whole_seconds(context.now);
  role.trust_policy = trust;
  role.description = input.description.value_or("");
  role.max_session_seconds = input.max_session_duration.value_or(3'600);
  role.permissions_boundary = input.permissions_boundary.value_or("");
  role.tags = std::move(*tags);
  return role;
}

Task<Attempt<Op>> attempt(Service& service, const RequestContext& context, const Op::Input& input) {
  auto role = decide(service, context, input);
  if (!role) co_return refuse<Op>(std::move(role.error()));
  auto loading = load<Roles>(service.store, context.account, role->name);
  KILN_CO_TRY(const auto existing, co_await std::move(loading));
  if (existing) co_return refuse<Op>(already_exists(Roles::kWord, role->name));
  auto counting = load_summary(service.store, context.account);
  KILN_CO_TRY(auto summary, co_await std::move(counting));
  if (++summary.record.roles > kMaxRoles) {
    co_return refuse<Op>(quota_exceeded("RolesPerAccount", kMaxRoles));
  }
  store::Batch batch;
  if (!role->permissions_boundary.empty()) {
    auto finding = find_boundary(service, context, role->permissions_boundary);
    KILN_CO_TRY(auto boundary, co_await std::move(finding));
    if (!boundary) co_return refuse<Op>(std::move(boundary.error()));
    add_use(context, Roles::kBounded, role->permissions_boundary, *boundary, *role, batch);
  }
  const auto key = iam::keys::role(context.account, role->name);
  const auto count_key = iam::keys::summary(context.account);
  batch.check_absent(key).check(count_key, summary.version);
  batch.put(key, iam::encode(*role)).put(count_key, iam::encode(summary.record));
  auto committing = service.store.commit(std::move(batch));
  KILN_CO_TRY_VOID(co_await std::move(committing));
  Op::Output output;
  output.role = role_view(context, *role);
  output.role->role_last_used.reset();
  co_return output;
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  auto out = on_role(context, "iam:CreateRole", input.role_name);
  out.permissions.front().resource = "arn:aws:iam::" + context.account + ":role" +
                                     input.path.value_or("/") + input.role_name.value_or("");
  if (input.permissions_boundary) {
    out.condition_keys()["iam:PermissionsBoundary"] = {*input.permissions_boundary};
  }
  add_tag_keys(out, input.tags);
  return out;
}

}  // namespace

extern const aws::Operation<Op, Service> kCreateRole{authorize, handle<Op, attempt>};

}  // namespace kiln::iam_api
