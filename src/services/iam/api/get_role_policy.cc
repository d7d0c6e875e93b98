// SPDX-License-Identifier: Apache-2.0
// GetRolePolicy: the text of an inline policy, URL-encoded.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRolePolicy.html
#include "gen/iam/get_role_policy.h"

#include "services/iam/api/common.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::GetRolePolicy;

Task<Attempt<Op>> attempt(Service& service, const RequestContext& context, const Op::Input& input) {
  auto loading = load_role(service.store, context.account, *input.role_name);
  KILN_CO_TRY(const auto role, co_await std::move(loading));
  if (!role) co_return refuse<Op>(no_such_role(*input.role_name));
  auto reading = load_text(
      service.store, iam::keys::role_policy(context.account, *input.role_name, *input.policy_name));
  KILN_CO_TRY(const auto text, co_await std::move(reading));
  if (!text) co_return refuse<Op>(no_such_role_policy(*input.policy_name));
  Op::Output output;
  output.role_name = role->record.name;
  output.policy_name = *input.policy_name;
  output.policy_document = url_encoded(*text);
  co_return output;
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on_role(context, "iam:GetRolePolicy", input.role_name);
}

}  // namespace

extern const aws::Operation<Op, Service> kGetRolePolicy{authorize, handle<Op, attempt>};

}  // namespace kiln::iam_api
