// SPDX-License-Identifier: Apache-2.0
// ListInstanceProfiles: the instance profiles of the account, by name.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListInstanceProfiles.html
#include "gen/iam/list_instance_profiles.h"

#include "services/iam/api/common.h"
#include "services/iam/api/instance_profiles.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::ListInstanceProfiles;

Task<Attempt<Op>> attempt(Service& service, const RequestContext& context, const Op::Input& input) {
  const auto page = page_request(input.marker, input.max_items);
  if (!page) co_return refuse<Op>(page.error());
  auto scanning =
      scan<InstanceProfiles>(service.store, context.account, input.path_prefix.value_or("/"),
                             page->after, page->limit + 1);
  KILN_CO_TRY(auto profiles, co_await std::move(scanning));
  Op::Output output;
  finish_page(profiles, *page, output, &iam::InstanceProfileRecord::name);
  output.instance_profiles.emplace();
  for (auto& profile : profiles) {
    profile.tags.clear();
    auto finding = role_of(service, context, profile);
    KILN_CO_TRY(const auto role, co_await std::move(finding));
    output.instance_profiles->push_back(instance_profile_view(context, profile, role));
  }
  co_return output;
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return {"iam:ListInstanceProfiles", "arn:aws:iam::" + context.account + ":instance-profile" +
                                          input.path_prefix.value_or("/")};
}

}  // namespace

extern const aws::Operation<Op, Service> kListInstanceProfiles{authorize, handle<Op, attempt>};

}  // namespace kiln::iam_api
