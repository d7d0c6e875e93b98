// SPDX-License-Identifier: Apache-2.0
// ListUsers: the users of the account, by name.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUsers.html
#include "gen/iam/list_users.h"

#include "services/iam/api/common.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::ListUsers;

Task<Attempt<Op>> attempt(Service& service, const RequestContext& context, const Op::Input& input) {
  const auto page = page_request(input.marker, input.max_items);
  if (!page) co_return refuse<Op>(page.error());
  auto scanning = scan<Users>(service.store, context.account, input.path_prefix.value_or("/"),
                              page->after, page->limit + 1);
  KILN_CO_TRY(auto users, co_await std::move(scanning));
  Op::Output output;
  finish_page(users, *page, output, &Users::Record::name);
  output.users.emplace();
  for (const auto& user : users) output.users->push_back(user_summary(context, user));
  co_return output;
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return {"iam:ListUsers",
          "arn:aws:iam::" + context.account + ":user" + input.path_prefix.value_or("/")};
}

}  // namespace

extern const aws::Operation<Op, Service> kListUsers{authorize, handle<Op, attempt>};

}  // namespace kiln::iam_api
