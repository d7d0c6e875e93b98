// SPDX-License-Identifier: Apache-2.0
// ListRoles: the roles of the account, by name.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoles.html
#include "gen/iam/list_roles.h"

#include "services/iam/api/common.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::ListRoles;

Task<Attempt<Op>> attempt(Service& service, const RequestContext& context, const Op::Input& input) {
  const auto page = page_request(input.marker, input.max_items);
  if (!page) co_return refuse<Op>(page.error());
  auto scanning = scan<Roles>(service.store, context.account, input.path_prefix.value_or("/"),
                              page->after, page->limit + 1);
  KILN_CO_TRY(auto roles, co_await std::move(scanning));
  Op::Output output;
  finish_page(roles, *page, output, &iam::RoleRecord::name);
  output.roles.emplace();
  for (const auto& role : roles) output.roles->push_back(role_summary(context, role));
  co_return output;
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return {"iam:ListRoles", "arn:aws:iam::" + context.account + ":role/", {}};
}

}  // namespace

extern const aws::Operation<Op, Service> kListRoles{authorize, handle<Op, attempt>};

}  // namespace kiln::iam_api
