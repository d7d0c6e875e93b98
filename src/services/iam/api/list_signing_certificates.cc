// SPDX-License-Identifier: Apache-2.0
// ListSigningCertificates: always empty: there is nothing here that they sign.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListSigningCertificates.html
#include "gen/iam/list_signing_certificates.h"

#include "services/iam/api/access_keys.h"
#include "services/iam/api/common.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::ListSigningCertificates;

Task<Attempt<Op>> attempt(Service& service, const RequestContext& context, const Op::Input& input) {
  Op::Output output;
  output.certificates.emplace();
  output.is_truncated = false;
  auto finding = find_key_owner(service, context, input.user_name);
  KILN_CO_TRY(auto owner, co_await std::move(finding));
  if (!owner) co_return refuse<Op>(std::move(owner.error()));
  co_return output;
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on_user_or_caller(context, "iam:ListSigningCertificates", input.user_name);
}

}  // namespace

extern const aws::Operation<Op, Service> kListSigningCertificates{authorize, handle<Op, attempt>};

}  // namespace kiln::iam_api
