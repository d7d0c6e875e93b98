// SPDX-License-Identifier: Apache-2.0
// ListAccountAliases: the one alias of the account.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAccountAliases.html
#include "gen/iam/list_account_aliases.h"

#include "services/iam/api/common.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::ListAccountAliases;

Task<Attempt<Op>> attempt(Service& service, const RequestContext& context, const Op::Input& input) {
  auto reading = load_text(service.store, iam::keys::alias(context.account));
  KILN_CO_TRY(auto alias, co_await std::move(reading));
  Op::Output output;
  output.account_aliases.emplace();
  if (alias) output.account_aliases->push_back(std::move(*alias));
  output.is_truncated = false;
  co_return output;
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return {"iam:ListAccountAliases", "*"};
}

}  // namespace

extern const aws::Operation<Op, Service> kListAccountAliases{authorize, handle<Op, attempt>};

}  // namespace kiln::iam_api
