// SPDX-License-Identifier: Apache-2.0
// ListMFADevices: always empty: there are no MFA devices here.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListMFADevices.html
#include "gen/iam/list_mfa_devices.h"

#include "services/iam/api/access_keys.h"
#include "services/iam/api/common.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::ListMFADevices;

Task<Attempt<Op>> attempt(Service& service, const RequestContext& context, const Op::Input& input) {
  Op::Output output;
  output.mfa_devices.emplace();
  output.is_truncated = false;
  auto finding = find_key_owner(service, context, input.user_name);
  KILN_CO_TRY(auto owner, co_await std::move(finding));
  if (!owner) co_return refuse<Op>(std::move(owner.error()));
  co_return output;
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on_user_or_caller(context, "iam:ListMFADevices", input.user_name);
}

}  // namespace

extern const aws::Operation<Op, Service> kListMFADevices{authorize, handle<Op, attempt>};

}  // namespace kiln::iam_api
