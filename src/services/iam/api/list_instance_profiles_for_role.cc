// SPDX-License-Identifier: Apache-2.0
// ListInstanceProfilesForRole: always empty, there are no instances here.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListInstanceProfilesForRole.html
#include "gen/iam/list_instance_profiles_for_role.h"

#include "services/iam/api/common.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::ListInstanceProfilesForRole;

ApiResult<Op::Output> view(const RequestContext&, const Op::Input&, const iam::RoleRecord&) {
  Op::Output output;
  output.instance_profiles.emplace();
  output.is_truncated = false;
  return output;
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on_role(context, "iam:ListInstanceProfilesForRole", input.role_name);
}

}  // namespace

extern const aws::Operation<Op, Service> kListInstanceProfilesForRole{authorize,
                                                                      read_role<Op, view>};

}  // namespace kiln::iam_api
