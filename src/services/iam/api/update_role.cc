// SPDX-License-Identifier: Apache-2.0
// UpdateRole: description and longest session. An absent duration means one hour, as in AWS.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateRole.html
#include "gen/iam/update_role.h"

#include "services/iam/api/common.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::UpdateRole;

ApiResult<Op::Output> decide(const RequestContext&, const Op::Input& input, iam::RoleRecord& role,
                             store::Batch&) {
  if (role.service_linked()) return aws::fail(protected_role(role.name));
  if (input.description) role.description = *input.description;
  role.max_session_seconds = input.max_session_duration.value_or(3'600);
  return Op::Output{};
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on_role(context, "iam:UpdateRole", input.role_name);
}

}  // namespace

extern const aws::Operation<Op, Service> kUpdateRole{authorize, change_role<Op, decide>};

}  // namespace kiln::iam_api
