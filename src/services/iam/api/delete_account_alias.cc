// SPDX-License-Identifier: Apache-2.0
// DeleteAccountAlias: takes the name of the account away.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteAccountAlias.html
#include "gen/iam/delete_account_alias.h"

#include "services/iam/api/common.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::DeleteAccountAlias;

Task<Attempt<Op>> attempt(Service& service, const RequestContext& context, const Op::Input& input) {
  const auto key = iam::keys::alias(context.account);
  auto reading = service.store.read(key);
  KILN_CO_TRY(const auto alias, co_await std::move(reading));
  if (!alias || alias->value != *input.account_alias) {
    co_return refuse<Op>(gen::iam::no_such_entity_exception(
        "The Account Alias with name " + *input.account_alias + " cannot be found."));
  }
  store::Batch batch;
  batch.check(key, alias->version).erase(key);
  batch.erase(iam::keys::account_of_alias(alias->value));
  auto committing = service.store.commit(std::move(batch));
  KILN_CO_TRY_VOID(co_await std::move(committing));
  co_return Op::Output{};
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return {"iam:DeleteAccountAlias", "*"};
}

}  // namespace

extern const aws::Operation<Op, Service> kDeleteAccountAlias{authorize, handle<Op, attempt>};

}  // namespace kiln::iam_api
