// SPDX-License-Identifier: Apache-2.0
// ListInstanceProfilesForRole: the instance profiles that hold a role.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListInstanceProfilesForRole.html
#include "gen/iam/list_instance_profiles_for_role.h"

#include "services/iam/api/common.h"
#include "services/iam/api/instance_profiles.h"

#include <functional>

namespace kiln::iam_api {
namespace {

using Op = gen::iam::ListInstanceProfilesForRole;

Task<Attempt<Op>> attempt(Service& service, const RequestContext& context, const Op::Input& input) {
  const auto page = page_request(input.marker, input.max_items);
  if (!page) co_return refuse<Op>(page.error());
  auto loading = load<Roles>(service.store, context.account, *input.role_name);
  KILN_CO_TRY(auto role, co_await std::move(loading));
  if (!role) co_return refuse<Op>(no_such(Roles::kWord, *input.role_name));
  Op::Output output;
  output.instance_profiles.emplace();
  for (auto& name : page_of(role->record.instance_profiles, *page, output, std::identity())) {
    auto finding = load<InstanceProfiles>(service.store, context.account, std::move(name));
    KILN_CO_TRY(auto profile, co_await std::move(finding));
    if (!profile) continue;
    profile->record.tags.clear();
    output.instance_profiles->push_back(
        instance_profile_view(context, profile->record, role->record));
  }
  co_return output;
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on_role(context, "iam:ListInstanceProfilesForRole", input.role_name);
}

}  // namespace

extern const aws::Operation<Op, Service> kListInstanceProfilesForRole{authorize,
                                                                      handle<Op, attempt>};

}  // namespace kiln::iam_api
