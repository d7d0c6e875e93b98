// SPDX-License-Identifier: Apache-2.0
// PutRolePermissionsBoundary: names the managed policy that bounds a role.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePermissionsBoundary.html
#include "gen/iam/put_role_permissions_boundary.h"

#include "services/iam/api/common.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::PutRolePermissionsBoundary;

ApiResult<Op::Output> decide(const RequestContext&, const Op::Input& input, iam::RoleRecord& role,
                             store::Batch&) {
  if (auto arn = parse_policy_arn(*input.permissions_boundary); !arn) {
    return aws::fail(std::move(arn.error()));
  }
  role.permissions_boundary = *input.permissions_boundary;
  return Op::Output{};
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  auto out = on_role(context, "iam:PutRolePermissionsBoundary", input.role_name);
  if (input.permissions_boundary) {
    out.condition_keys()["iam:PermissionsBoundary"] = {*input.permissions_boundary};
  }
  return out;
}

}  // namespace

extern const aws::Operation<Op, Service> kPutRolePermissionsBoundary{authorize,
                                                                     change_role<Op, decide>};

}  // namespace kiln::iam_api
