// SPDX-License-Identifier: Apache-2.0
// DeleteRolePolicy: removes an inline policy.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRolePolicy.html
#include "gen/iam/delete_role_policy.h"

#include "services/iam/api/common.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::DeleteRolePolicy;

ApiResult<Op::Output> decide(const RequestContext& context, const Op::Input& input,
                             iam::RoleRecord& role, store::Batch& batch) {
  const auto same = [&input](const auto& i) { return i.name == *input.policy_name; };
  if (std::erase_if(role.inlines, same) == 0) {
    return aws::fail(no_such_role_policy(*input.policy_name));
  }
  batch.erase(iam::keys::role_policy(context.account, role.name, *input.policy_name));
  return Op::Output{};
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on_role(context, "iam:DeleteRolePolicy", input.role_name);
}

}  // namespace

extern const aws::Operation<Op, Service> kDeleteRolePolicy{authorize, change_role<Op, decide>};

}  // namespace kiln::iam_api
