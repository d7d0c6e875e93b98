// SPDX-License-Identifier: Apache-2.0
// ListGroupsForUser: the groups that a user is a member of, by name.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListGroupsForUser.html
#include "gen/iam/list_groups_for_user.h"

#include "services/iam/api/common.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::ListGroupsForUser;

Task<Attempt<Op>> attempt(Service& service, const RequestContext& context, const Op::Input& input) {
  const auto page = page_request(input.marker, input.max_items);
  if (!page) co_return refuse<Op>(page.error());
  auto loading = load<Users>(service.store, context.account, *input.user_name);
  KILN_CO_TRY(auto user, co_await std::move(loading));
  if (!user) co_return refuse<Op>(no_such(Users::kWord, *input.user_name));
  auto reading = load_groups(service.store, context.account, std::move(user->record.groups));
  KILN_CO_TRY(auto groups, co_await std::move(reading));
  Op::Output output;
  output.groups.emplace();
  for (const auto& group : page_of(std::move(groups), *page, output, &iam::GroupRecord::name)) {
    output.groups->push_back(group_view(context, group));
  }
  co_return output;
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on<Users>(context, "iam:ListGroupsForUser", input.user_name);
}

}  // namespace

extern const aws::Operation<Op, Service> kListGroupsForUser{authorize, handle<Op, attempt>};

}  // namespace kiln::iam_api
