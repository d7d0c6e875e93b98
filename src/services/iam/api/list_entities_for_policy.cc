// SPDX-License-Identifier: Apache-2.0
// ListEntitiesForPolicy: the roles that a managed policy hangs on.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListEntitiesForPolicy.html
#include "gen/iam/list_entities_for_policy.h"

#include "services/iam/api/common.h"

#include <algorithm>

namespace kiln::iam_api {
namespace {

using Op = gen::iam::ListEntitiesForPolicy;

Task<Attempt<Op>> attempt(Service& service, const RequestContext& context, const Op::Input& input) {
  const auto page = page_request(input.marker, input.max_items);
  if (!page) co_return refuse<Op>(page.error());
  auto arn = parse_policy_arn(*input.policy_arn);
  if (!arn) co_return refuse<Op>(std::move(arn.error()));
  auto finding = find_policy(service.store, context.account, std::move(*arn), *input.policy_arn);
  KILN_CO_TRY(const auto policy, co_await std::move(finding));
  if (!policy) co_return refuse<Op>(no_such_policy(*input.policy_arn));
  Op::Output output;
  output.policy_groups.emplace();
  output.policy_users.emplace();
  output.policy_roles.emplace();
  output.is_truncated = false;
  const std::string filter = input.entity_filter.value_or("Role");
  if ((filter != "Role" && filter != "LocalManagedPolicy" && filter != "AWSManagedPolicy") ||
      input.policy_usage_filter.value_or("PermissionsPolicy") != "PermissionsPolicy") {
    co_return output;
  }
  // A page is cut before the filter by path, so it may hold fewer roles than asked for.
  auto scanning = load_attachments(service.store, context.account, *input.policy_arn, page->after,
                                   std::min(page->limit + 1, store::kMaxScanEntries));
  KILN_CO_TRY(auto roles, co_await std::move(scanning));
  finish_page(roles, *page, output, &AttachedRole::name);
  const std::string prefix = input.path_prefix.value_or("/");
  for (const auto& role : roles) {
    if (role.path.starts_with(prefix)) output.policy_roles->push_back({role.name, role.id});
  }
  co_return output;
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on_policy("iam:ListEntitiesForPolicy", input.policy_arn);
}

}  // namespace

extern const aws::Operation<Op, Service> kListEntitiesForPolicy{authorize, handle<Op, attempt>};

}  // namespace kiln::iam_api
