// SPDX-License-Identifier: Apache-2.0
// GetAccountSummary: how many of each the account has, and its quotas.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html
// Differs from AWS: PolicyVersionsInUse is not counted.
#include "gen/iam/get_account_summary.h"

#include "services/iam/api/common.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::GetAccountSummary;

Task<Attempt<Op>> attempt(Service& service, const RequestContext& context, const Op::Input& input) {
  auto counting = load_summary(service.store, context.account);
  KILN_CO_TRY(const auto summary, co_await std::move(counting));
  auto reading = load_text(service.store, iam::keys::alias(context.account));
  KILN_CO_TRY(const auto alias, co_await std::move(reading));
  auto scanning = scan_keys(service.store, context.account, context.account);
  KILN_CO_TRY(const auto root_keys, co_await std::move(scanning));
  const auto& counts = summary.record;
  const auto number = [](auto value) { return static_cast<std::int32_t>(value); };
  Op::Output output;
  output.summary_map = {
      {"AccessKeysPerUserQuota", number(kMaxKeysPerUser)},
      {"AccountAccessKeysPresent", root_keys.empty() ? 0 : 1},
      {"AccountMFAEnabled", 0},
      {"AccountPasswordPresent", 0},
      {"AccountSigningCertificatesPresent", 0},
      {"AssumeRolePolicySizeQuota", number(kMaxTrustPolicySize)},
      {"AttachedPoliciesPerGroupQuota", number(kMaxAttachedPolicies)},
      {"AttachedPoliciesPerRoleQuota", number(kMaxAttachedPolicies)},
      {"AttachedPoliciesPerUserQuota", number(kMaxAttachedPolicies)},
      {"GlobalEndpointTokenVersion", 1},
      {"GroupPolicySizeQuota", number(Groups::kMaxInlineSize)},
      {"Groups", number(counts.groups)},
      {"GroupsPerUserQuota", number(kMaxGroupsPerUser)},
      {"GroupsQuota", number(kMaxGroups)},
      {"InstanceProfiles", number(counts.instance_profiles)},
      {"InstanceProfilesQuota", number(kMaxInstanceProfiles)},
      {"MFADevices", 0},
      {"MFADevicesInUse", 0},
      {"Policies", number(counts.policies)},
      {"PoliciesQuota", number(kMaxPolicies)},
      {"PolicySizeQuota", number(kMaxPolicySize)},
      {"PolicyVersionsInUseQuota", 10'000},
      {"Providers", 0},
      {"RolePolicySizeQuota", number(Roles::kMaxInlineSize)},
      {"Roles", number(counts.roles)},
      {"RolesQuota", number(kMaxRoles)},
      {"ServerCertificates", 0},
      {"ServerCertificatesQuota", 20},
      {"SigningCertificatesPerUserQuota", 2},
      {"UserPolicySizeQuota", number(Users::kMaxInlineSize)},
      {"Users", number(counts.users)},
      {"UsersQuota", number(kMaxUsers)},
      {"VersionsPerPolicyQuota", number(kMaxVersionsPerPolicy)},
  };
  if (alias) (*output.summary_map)["AccountAliases"] = 1;
  co_return output;
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return {"iam:GetAccountSummary", "*"};
}

}  // namespace

extern const aws::Operation<Op, Service> kGetAccountSummary{authorize, handle<Op, attempt>};

}  // namespace kiln::iam_api
