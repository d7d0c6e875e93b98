// SPDX-License-Identifier: Apache-2.0
// ListAttachedRolePolicies: the managed policies of a role, in order of attachment.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAttachedRolePolicies.html
#include "gen/iam/list_attached_role_policies.h"

#include "services/iam/api/common.h"

#include <functional>

namespace kiln::iam_api {
namespace {

using Op = gen::iam::ListAttachedRolePolicies;

ApiResult<Op::Output> view(const RequestContext&, const Op::Input& input,
                           const iam::RoleRecord& role) {
  const auto page = page_request(input.marker, input.max_items);
  if (!page) return aws::fail(page.error());
  const std::string prefix = input.path_prefix.value_or("/");
  std::vector<std::string> arns;
  for (const auto& text : role.attached) {
    const auto arn = parse_policy_arn(text);
    if (arn && arn->path.starts_with(prefix)) arns.push_back(text);
  }
  Op::Output output;
  output.attached_policies.emplace();
  for (auto& arn : page_of(std::move(arns), *page, output, std::identity())) {
    gen::iam::AttachedPolicy policy;
    policy.policy_name = arn.substr(arn.rfind('/') + 1);
    policy.policy_arn = std::move(arn);
    output.attached_policies->push_back(std::move(policy));
  }
  return output;
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on_role(context, "iam:ListAttachedRolePolicies", input.role_name);
}

}  // namespace

extern const aws::Operation<Op, Service> kListAttachedRolePolicies{authorize, read_role<Op, view>};

}  // namespace kiln::iam_api
