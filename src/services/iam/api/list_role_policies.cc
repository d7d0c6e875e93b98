// SPDX-License-Identifier: Apache-2.0
// ListRolePolicies: the names of the inline policies of a role.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRolePolicies.html
#include "gen/iam/list_role_policies.h"

#include "services/iam/api/common.h"

#include <functional>

namespace kiln::iam_api {
namespace {

using Op = gen::iam::ListRolePolicies;

ApiResult<Op::Output> view(const RequestContext&, const Op::Input& input,
                           const iam::RoleRecord& role) {
  const auto page = page_request(input.marker, input.max_items);
  if (!page) return aws::fail(page.error());
  std::vector<std::string> names;
  for (const auto& i : role.inlines) names.push_back(i.name);
  Op::Output output;
  output.policy_names = page_of(std::move(names), *page, output, std::identity());
  return output;
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on_role(context, "iam:ListRolePolicies", input.role_name);
}

}  // namespace

extern const aws::Operation<Op, Service> kListRolePolicies{authorize, read_role<Op, view>};

}  // namespace kiln::iam_api
