// SPDX-License-Identifier: Apache-2.0
// AddRoleToInstanceProfile: gives an instance profile its one role.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_AddRoleToInstanceProfile.html
#include "gen/iam/add_role_to_instance_profile.h"

#include "services/iam/api/common.h"
#include "services/iam/api/instance_profiles.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::AddRoleToInstanceProfile;

Task<Attempt<Op>> attempt(Service& service, const RequestContext& context, const Op::Input& input) {
  auto loading =
      load_role_and_profile(service, context, *input.role_name, *input.instance_profile_name);
  KILN_CO_TRY(auto pair, co_await std::move(loading));
  if (!pair) co_return refuse<Op>(std::move(pair.error()));
  auto& role = pair->role.record;
  auto& profile = pair->profile.record;
  if (!profile.role.empty()) {
    co_return refuse<Op>(quota_exceeded("InstanceSessionsPerInstanceProfile", 1));
  }
  profile.role = role.name;
  role.instance_profiles.push_back(profile.name);
  auto committing = service.store.commit(write_pair(context, *pair));
  KILN_CO_TRY_VOID(co_await std::move(committing));
  co_return Op::Output{};
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  auto out =
      on<InstanceProfiles>(context, "iam:AddRoleToInstanceProfile", input.instance_profile_name);
  return out.also({"iam:PassRole",
                   "arn:aws:iam::" + context.account + ":role/" + input.role_name.value_or(""),
                   {{"iam:PassedToService", {"ec2.amazonaws.com"}}}});
}

}  // namespace

extern const aws::Operation<Op, Service> kAddRoleToInstanceProfile{authorize, handle<Op, attempt>};

}  // namespace kiln::iam_api
