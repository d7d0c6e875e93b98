// SPDX-License-Identifier: Apache-2.0
// GetAccessKeyLastUsed: whose key it is.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccessKeyLastUsed.html
// Differs from AWS: uses are not recorded, so a key looks as if it was never used.
#include "gen/iam/get_access_key_last_used.h"

#include "services/iam/api/common.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::GetAccessKeyLastUsed;

Task<Attempt<Op>> attempt(Service& service, const RequestContext& context, const Op::Input& input) {
  auto loading = load_access_key(service.store, *input.access_key_id);
  KILN_CO_TRY(const auto key, co_await std::move(loading));
  if (!key || key->record.account != context.account) {
    ApiError denied;
    denied.code = "AccessDenied";
    denied.http_status = 403;
    denied.message = "User: " + context.principal.arn +
                     " is not authorized to perform: iam:GetAccessKeyLastUsed on resource: "
                     "access key " +
                     *input.access_key_id;
    co_return refuse<Op>(std::move(denied));
  }
  Op::Output output;
  output.user_name = key->record.user_name.empty() ? "root" : key->record.user_name;
  output.access_key_last_used.emplace();
  output.access_key_last_used->service_name = "N/A";
  output.access_key_last_used->region = "N/A";
  co_return output;
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return {"iam:GetAccessKeyLastUsed", "*"};
}

}  // namespace

extern const aws::Operation<Op, Service> kGetAccessKeyLastUsed{authorize, handle<Op, attempt>};

}  // namespace kiln::iam_api
