// SPDX-License-Identifier: Apache-2.0
// DeleteLoginProfile: users here have no password, so there is none.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteLoginProfile.html
#include "gen/iam/delete_login_profile.h"

#include "services/iam/api/common.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::DeleteLoginProfile;

Task<Attempt<Op>> attempt(Service& service, const RequestContext& context, const Op::Input& input) {
  auto name = user_or_caller(context, input.user_name);
  if (!name) co_return refuse<Op>(std::move(name.error()));
  auto loading = load<Users>(service.store, context.account, *name);
  KILN_CO_TRY(const auto user, co_await std::move(loading));
  if (!user) co_return refuse<Op>(no_such(Users::kWord, *name));
  co_return refuse<Op>(
      gen::iam::no_such_entity_exception("Login Profile for User " + *name + " cannot be found."));
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on_user_or_caller(context, "iam:DeleteLoginProfile", input.user_name);
}

}  // namespace

extern const aws::Operation<Op, Service> kDeleteLoginProfile{authorize, handle<Op, attempt>};

}  // namespace kiln::iam_api
