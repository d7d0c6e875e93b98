// SPDX-License-Identifier: Apache-2.0
#include "services/iam/api/instance_profiles.h"

namespace kiln::iam_api {

gen::iam::InstanceProfile instance_profile_view(const RequestContext& context,
                                                const iam::InstanceProfileRecord& profile,
                                                const std::optional<iam::RoleRecord>& role) {
  gen::iam::InstanceProfile out;
  out.path = profile.path;
  out.instance_profile_name = profile.name;
  out.instance_profile_id = profile.id;
  out.arn = profile.arn(context.account);
  out.create_date = profile.created;
  out.roles.emplace();
  if (role) out.roles->push_back(role_summary(context, *role));
  if (!profile.tags.empty()) out.tags = tags_view(profile.tags);
  return out;
}

Task<Result<std::optional<iam::RoleRecord>>> role_of(Service& service,
                                                     const RequestContext& context,
                                                     const iam::InstanceProfileRecord& profile) {
  if (profile.role.empty()) co_return std::nullopt;
  auto loading = load<Roles>(service.store, context.account, profile.role);
  KILN_CO_TRY(auto role, co_await std::move(loading));
  if (!role) co_return std::nullopt;
  co_return std::move(role->record);
}

Task<Result<ApiResult<RoleAndProfile>>> load_role_and_profile(Service& service,
                                                              const RequestContext& context,
                                                              std::string role,
                                                              std::string profile) {
  auto finding = load<InstanceProfiles>(service.store, context.account, profile);
  KILN_CO_TRY(auto found_profile, co_await std::move(finding));
  if (!found_profile) {
    co_return refused<RoleAndProfile>(no_such(InstanceProfiles::kWord, profile));
  }
  auto loading = load<Roles>(service.store, context.account, role);
  KILN_CO_TRY(auto found_role, co_await std::move(loading));
  if (!found_role) co_return refused<RoleAndProfile>(no_such(Roles::kWord, role));
  if (found_role->record.service_linked()) {
    co_return refused<RoleAndProfile>(protected_role(found_role->record.name));
  }
  co_return ApiResult<RoleAndProfile>(
      RoleAndProfile{std::move(*found_role), std::move(*found_profile)});
}

store::Batch write_pair(const RequestContext& context, const RoleAndProfile& pair) {
  const auto role_key = iam::keys::role(context.account, pair.role.record.name);
  const auto profile_key = iam::keys::instance_profile(context.account, pair.profile.record.name);
  store::Batch batch;
  batch.check(role_key, pair.role.version).put(role_key, iam::encode(pair.role.record));
  batch.check(profile_key, pair.profile.version);
  batch.put(profile_key, iam::encode(pair.profile.record));
  return batch;
}

}  // namespace kiln::iam_api
