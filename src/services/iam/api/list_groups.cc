// SPDX-License-Identifier: Apache-2.0
// ListGroups: the groups of the account, by name.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListGroups.html
#include "gen/iam/list_groups.h"

#include "services/iam/api/common.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::ListGroups;

Task<Attempt<Op>> attempt(Service& service, const RequestContext& context, const Op::Input& input) {
  const auto page = page_request(input.marker, input.max_items);
  if (!page) co_return refuse<Op>(page.error());
  auto scanning = scan<Groups>(service.store, context.account, input.path_prefix.value_or("/"),
                               page->after, page->limit + 1);
  KILN_CO_TRY(auto groups, co_await std::move(scanning));
  Op::Output output;
  finish_page(groups, *page, output, &Groups::Record::name);
  output.groups.emplace();
  for (const auto& group : groups) output.groups->push_back(group_view(context, group));
  co_return output;
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return {"iam:ListGroups",
          "arn:aws:iam::" + context.account + ":group" + input.path_prefix.value_or("/")};
}

}  // namespace

extern const aws::Operation<Op, Service> kListGroups{authorize, handle<Op, attempt>};

}  // namespace kiln::iam_api
