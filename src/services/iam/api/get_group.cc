// SPDX-License-Identifier: Apache-2.0
// GetGroup: a group and its members, by pages.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetGroup.html
#include "gen/iam/get_group.h"

#include "services/iam/api/common.h"

#include <functional>

namespace kiln::iam_api {
namespace {

using Op = gen::iam::GetGroup;

Task<Attempt<Op>> attempt(Service& service, const RequestContext& context, const Op::Input& input) {
  const auto page = page_request(input.marker, input.max_items);
  if (!page) co_return refuse<Op>(page.error());
  auto loading = load<Groups>(service.store, context.account, *input.group_name);
  KILN_CO_TRY(const auto group, co_await std::move(loading));
  if (!group) co_return refuse<Op>(no_such(Groups::kWord, *input.group_name));
  auto scanning =
      scan_members(service.store, context.account, group->record.id, page->after, page->limit + 1);
  KILN_CO_TRY(auto names, co_await std::move(scanning));
  Op::Output output;
  output.group = group_view(context, group->record);
  finish_page(names, *page, output, std::identity());
  output.users.emplace();
  for (auto& name : names) {
    auto finding = load<Users>(service.store, context.account, std::move(name));
    KILN_CO_TRY(const auto user, co_await std::move(finding));
    if (user) output.users->push_back(user_summary(context, user->record));
  }
  co_return output;
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on<Groups>(context, "iam:GetGroup", input.group_name);
}

}  // namespace

extern const aws::Operation<Op, Service> kGetGroup{authorize, handle<Op, attempt>};

}  // namespace kiln::iam_api
