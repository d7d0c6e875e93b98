// SPDX-License-Identifier: Apache-2.0
// GetInstanceProfile: an instance profile with its role.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetInstanceProfile.html
#include "gen/iam/get_instance_profile.h"

#include "services/iam/api/common.h"
#include "services/iam/api/instance_profiles.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::GetInstanceProfile;

Task<Attempt<Op>> attempt(Service& service, const RequestContext& context, const Op::Input& input) {
  const std::string name = *input.instance_profile_name;
  auto loading = load<InstanceProfiles>(service.store, context.account, name);
  KILN_CO_TRY(const auto profile, co_await std::move(loading));
  if (!profile) co_return refuse<Op>(no_such(InstanceProfiles::kWord, name));
  auto finding = role_of(service, context, profile->record);
  KILN_CO_TRY(const auto role, co_await std::move(finding));
  Op::Output output;
  output.instance_profile = instance_profile_view(context, profile->record, role);
  co_return output;
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on<InstanceProfiles>(context, "iam:GetInstanceProfile", input.instance_profile_name);
}

}  // namespace

extern const aws::Operation<Op, Service> kGetInstanceProfile{authorize, handle<Op, attempt>};

}  // namespace kiln::iam_api
