// SPDX-License-Identifier: Apache-2.0
// ListServiceSpecificCredentials: always empty: no service here takes them.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListServiceSpecificCredentials.html
#include "gen/iam/list_service_specific_credentials.h"

#include "services/iam/api/access_keys.h"
#include "services/iam/api/common.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::ListServiceSpecificCredentials;

Task<Attempt<Op>> attempt(Service& service, const RequestContext& context, const Op::Input& input) {
  Op::Output output;
  output.service_specific_credentials.emplace();
  output.is_truncated = false;
  if (input.all_users.value_or(false)) co_return output;
  auto finding = find_key_owner(service, context, input.user_name);
  KILN_CO_TRY(auto owner, co_await std::move(finding));
  if (!owner) co_return refuse<Op>(std::move(owner.error()));
  co_return output;
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on_user_or_caller(context, "iam:ListServiceSpecificCredentials", input.user_name);
}

}  // namespace

extern const aws::Operation<Op, Service> kListServiceSpecificCredentials{authorize,
                                                                         handle<Op, attempt>};

}  // namespace kiln::iam_api
