// SPDX-License-Identifier: Apache-2.0
// GetUser: one user; without a name the caller itself.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetUser.html
// Differs from AWS: root has no creation date.
#include "gen/iam/get_user.h"

#include "services/iam/api/common.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::GetUser;

Task<Attempt<Op>> attempt(Service& service, const RequestContext& context, const Op::Input& input) {
  Op::Output output;
  if (about_root(context, input.user_name)) {
    output.user.emplace();
    output.user->user_id = context.account;
    output.user->arn = context.principal.arn;
    co_return output;
  }
  auto name = user_or_caller(context, input.user_name);
  if (!name) co_return refuse<Op>(std::move(name.error()));
  auto loading = load<Users>(service.store, context.account, *name);
  KILN_CO_TRY(const auto user, co_await std::move(loading));
  if (!user) co_return refuse<Op>(no_such(Users::kWord, *name));
  output.user = user_view(context, user->record);
  co_return output;
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on_user_or_caller(context, "iam:GetUser", input.user_name);
}

}  // namespace

extern const aws::Operation<Op, Service> kGetUser{authorize, handle<Op, attempt>};

}  // namespace kiln::iam_api
