// SPDX-License-Identifier: Apache-2.0
// RemoveRoleFromInstanceProfile: takes the role out of an instance profile.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_RemoveRoleFromInstanceProfile.html
#include "gen/iam/remove_role_from_instance_profile.h"

#include "services/iam/api/common.h"
#include "services/iam/api/instance_profiles.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::RemoveRoleFromInstanceProfile;

Task<Attempt<Op>> attempt(Service& service, const RequestContext& context, const Op::Input& input) {
  auto loading =
      load_role_and_profile(service, context, *input.role_name, *input.instance_profile_name);
  KILN_CO_TRY(auto pair, co_await std::move(loading));
  if (!pair) co_return refuse<Op>(std::move(pair.error()));
  auto& role = pair->role.record;
  auto& profile = pair->profile.record;
  if (profile.role != role.name) co_return refuse<Op>(no_such(Roles::kWord, *input.role_name));
  profile.role.clear();
  std::erase(role.instance_profiles, profile.name);
  auto committing = service.store.commit(write_pair(context, *pair));
  KILN_CO_TRY_VOID(co_await std::move(committing));
  co_return Op::Output{};
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on<InstanceProfiles>(context, "iam:RemoveRoleFromInstanceProfile",
                              input.instance_profile_name);
}

}  // namespace

extern const aws::Operation<Op, Service> kRemoveRoleFromInstanceProfile{authorize,
                                                                        handle<Op, attempt>};

}  // namespace kiln::iam_api
