// SPDX-License-Identifier: Apache-2.0
#include "iam/store_principal_policies.h"

#include "aws/arn.h"
#include "iam/keys.h"
#include "iam/managed_policies.h"
#include "iam/store_role_directory.h"

namespace kiln::iam {
namespace {

// "AROA..." of "AROA...:session".
std::string_view id_of(const aws::Principal& principal) {
  return std::string_view(principal.user_id).substr(0, principal.user_id.find(':'));
}

}  // namespace

Task<Result<std::optional<PrincipalGrants>>> StorePrincipalPolicies::find(
    aws::Principal principal) {
  using Kind = aws::Principal::Kind;
  const bool role = principal.kind == Kind::kAssumedRole;
  if (!role && principal.kind != Kind::kUser && principal.kind != Kind::kFederatedUser) {
    co_return PrincipalGrants{};
  }
  KILN_CO_TRY(auto at, co_await store_.snapshot());
  auto reading = role ? of_role(std::move(principal), std::move(at))
                      : of_user(std::move(principal), std::move(at));
  co_return co_await std::move(reading);
}

Task<Result<std::optional<std::string>>> StorePrincipalPolicies::managed_policy(std::string arn) {
  KILN_CO_TRY(auto at, co_await store_.snapshot());
  auto reading = managed(std::move(arn), std::move(at));
  KILN_CO_TRY(auto found, co_await std::move(reading));
  if (!found) co_return std::nullopt;
  co_return std::move(found->text);
}

Task<StorePrincipalPolicies::Grants> StorePrincipalPolicies::of_role(aws::Principal principal,
                                                                     store::SnapshotPtr at) {
  const auto arn = parse_role_arn(principal.role_arn);
  if (!arn) co_return std::nullopt;
  auto reading = store_.read(keys::role(arn->account, arn->name), at);
  KILN_CO_TRY(const auto entry, co_await std::move(reading));
  if (!entry) co_return std::nullopt;
  KILN_CO_TRY(const auto role, decode_role(entry->value));
  // Sessions have an id; an event of this server goes with the role as it is now.
  const bool another = !principal.user_id.empty() && role.id != id_of(principal);
  if (another || role.arn(arn->account) != principal.role_arn) {
    co_return std::nullopt;
  }
  PrincipalGrants grants;
  for (const auto& policy : role.inlines) {
    auto adding = add_inline(policy.name, keys::role_policy(arn->account, role.name, policy.name),
                             grants, at);
    KILN_CO_TRY_VOID(co_await std::move(adding));
  }
  auto attaching = add_attached(role.attached, grants, at);
  KILN_CO_TRY_VOID(co_await std::move(attaching));
  auto bounding = add_boundary(role.permissions_boundary, grants, at);
  KILN_CO_TRY_VOID(co_await std::move(bounding));
  grants.tags.insert(role.tags.begin(), role.tags.end());
  co_return std::move(grants);
}

Task<StorePrincipalPolicies::Grants> StorePrincipalPolicies::of_user(aws::Principal principal,
                                                                     store::SnapshotPtr at) {
  auto naming = store_.read(keys::name_of_id(principal.account, principal.user_id), at);
  KILN_CO_TRY(const auto name, co_await std::move(naming));
  if (!name) co_return std::nullopt;
  auto reading = store_.read(keys::user(principal.account, name->value), at);
  KILN_CO_TRY(const auto entry, co_await std::move(reading));
  if (!entry) co_return std::nullopt;
  KILN_CO_TRY(const auto user, decode_user(entry->value));
  PrincipalGrants grants;
  auto adding = add_entity(principal.account, user, grants, at);
  KILN_CO_TRY_VOID(co_await std::move(adding));
  for (const auto& group : user.groups) {
    auto adding_group = add_group(principal.account, group, grants, at);
    KILN_CO_TRY_VOID(co_await std::move(adding_group));
  }
  auto bounding = add_boundary(user.permissions_boundary, grants, at);
  KILN_CO_TRY_VOID(co_await std::move(bounding));
  grants.tags.insert(user.tags.begin(), user.tags.end());
  co_return std::move(grants);
}

Task<Status> StorePrincipalPolicies::add_entity(std::string account, const EntityRecord& entity,
                                                PrincipalGrants& grants, store::SnapshotPtr at) {
  for (const auto& policy : entity.inlines) {
    auto adding =
        add_inline(policy.name, keys::inline_policy(account, entity.id, policy.name), grants, at);
    KILN_CO_TRY_VOID(co_await std::move(adding));
  }
  auto attaching = add_attached(entity.attached, grants, at);
  co_return co_await std::move(attaching);
}

Task<Status> StorePrincipalPolicies::add_group(std::string account, std::string id,
                                               PrincipalGrants& grants, store::SnapshotPtr at) {
  auto naming = store_.read(keys::name_of_id(account, id), at);
  KILN_CO_TRY(const auto name, co_await std::move(naming));
  if (!name) co_return Status{};
  auto reading = store_.read(keys::group(account, name->value), at);
  KILN_CO_TRY(const auto entry, co_await std::move(reading));
  if (!entry) co_return Status{};
  KILN_CO_TRY(const auto group, decode_group(entry->value));
  auto adding = add_entity(std::move(account), group, grants, std::move(at));
  co_return co_await std::move(adding);
}

Task<Result<std::optional<PolicyText>>> StorePrincipalPolicies::managed(std::string arn,
                                                                        store::SnapshotPtr at) {
  if (const auto* known = find_managed_policy(arn)) {
    co_return PolicyText{std::string(known->name), std::move(arn), std::string(known->document)};
  }
  const auto parsed = aws::parse_arn(arn);
  if (!parsed || parsed->service != "iam" || !parsed->resource.starts_with("policy/")) {
    co_return std::nullopt;
  }
  std::string name = parsed->resource.substr(parsed->resource.rfind('/') + 1);
  auto reading = store_.read(keys::policy(parsed->account, name), at);
  KILN_CO_TRY(const auto entry, co_await std::move(reading));
  if (!entry) co_return std::nullopt;
  KILN_CO_TRY(const auto policy, decode_policy(entry->value));
  if (policy.arn(parsed->account) != arn) co_return std::nullopt;
  auto text_key = keys::policy_version(parsed->account, policy.name, policy.default_version);
  auto reading_text = store_.read(std::move(text_key), at);
  KILN_CO_TRY(auto text, co_await std::move(reading_text));
  if (!text) co_return std::nullopt;
  co_return PolicyText{policy.name, std::move(arn), std::move(text->value)};
}

Task<Status> StorePrincipalPolicies::add_attached(std::vector<std::string> arns,
                                                  PrincipalGrants& grants, store::SnapshotPtr at) {
  for (auto& arn : arns) {
    auto reading = managed(std::move(arn), at);
    KILN_CO_TRY(auto policy, co_await std::move(reading));
    if (policy) grants.identity.push_back(std::move(*policy));
  }
  co_return Status{};
}

Task<Status> StorePrincipalPolicies::add_inline(std::string name, std::string key,
                                                PrincipalGrants& grants, store::SnapshotPtr at) {
  auto reading = store_.read(std::move(key), std::move(at));
  KILN_CO_TRY(auto entry, co_await std::move(reading));
  if (entry) grants.identity.push_back({std::move(name), "", std::move(entry->value)});
  co_return Status{};
}

Task<Status> StorePrincipalPolicies::add_boundary(std::string arn, PrincipalGrants& grants,
                                                  store::SnapshotPtr at) {
  if (arn.empty()) co_return Status{};
  auto reading = managed(arn, std::move(at));
  KILN_CO_TRY(auto policy, co_await std::move(reading));
  if (!policy) policy = PolicyText{"", std::move(arn), ""};
  grants.boundary = std::move(policy);
  co_return Status{};
}

}  // namespace kiln::iam
