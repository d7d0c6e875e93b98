// SPDX-License-Identifier: Apache-2.0
// CreateAccountAlias: names the account; the new alias takes the place of the old one.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccountAlias.html
#include "gen/iam/create_account_alias.h"

#include "services/iam/api/common.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::CreateAccountAlias;

Task<Attempt<Op>> attempt(Service& service, const RequestContext& context, const Op::Input& input) {
  const std::string alias = *input.account_alias;
  auto finding = service.store.read(iam::keys::account_of_alias(alias));
  KILN_CO_TRY(const auto taken, co_await std::move(finding));
  if (taken) {
    co_return refuse<Op>(gen::iam::entity_already_exists_exception("The account alias " + alias +
                                                                   " already exists."));
  }
  const auto key = iam::keys::alias(context.account);
  auto reading = service.store.read(key);
  KILN_CO_TRY(const auto old, co_await std::move(reading));
  store::Batch batch;
  batch.check_absent(iam::keys::account_of_alias(alias));
  batch.check(key, old ? std::optional(old->version) : std::nullopt);
  if (old) batch.erase(iam::keys::account_of_alias(old->value));
  batch.put(key, alias).put(iam::keys::account_of_alias(alias), context.account);
  auto committing = service.store.commit(std::move(batch));
  KILN_CO_TRY_VOID(co_await std::move(committing));
  co_return Op::Output{};
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return {"iam:CreateAccountAlias", "*"};
}

}  // namespace

extern const aws::Operation<Op, Service> kCreateAccountAlias{authorize, handle<Op, attempt>};

}  // namespace kiln::iam_api
