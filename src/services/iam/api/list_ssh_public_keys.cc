// SPDX-License-Identifier: Apache-2.0
// ListSSHPublicKeys: always empty: there is nothing here that such keys open.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListSSHPublicKeys.html
#include "gen/iam/list_ssh_public_keys.h"

#include "services/iam/api/access_keys.h"
#include "services/iam/api/common.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::ListSSHPublicKeys;

Task<Attempt<Op>> attempt(Service& service, const RequestContext& context, const Op::Input& input) {
  Op::Output output;
  output.ssh_public_keys.emplace();
  output.is_truncated = false;
  auto finding = find_key_owner(service, context, input.user_name);
  KILN_CO_TRY(auto owner, co_await std::move(finding));
  if (!owner) co_return refuse<Op>(std::move(owner.error()));
  co_return output;
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on_user_or_caller(context, "iam:ListSSHPublicKeys", input.user_name);
}

}  // namespace

extern const aws::Operation<Op, Service> kListSSHPublicKeys{authorize, handle<Op, attempt>};

}  // namespace kiln::iam_api
