// SPDX-License-Identifier: Apache-2.0
// ListPolicies: the policies of the account, then those of AWS.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPolicies.html
#include "gen/iam/list_policies.h"

#include "iam/managed_policies.h"
#include "services/iam/api/common.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::ListPolicies;

// Where the page goes on: names of the account come first, then AWS's behind a mark that no policy
// name can hold.
constexpr std::string_view kAwsMark = "aws:";

bool wants(const Op::Input& input, std::string_view scope) {
  const std::string asked = input.scope.value_or("All");
  return asked == "All" || asked == scope;
}

// OnlyAttached and PolicyUsageFilter, for policies of the account.
bool any(const iam::PolicyRecord&) { return true; }
bool attached(const iam::PolicyRecord& policy) { return policy.attachments > 0; }
bool bounding(const iam::PolicyRecord& policy) { return policy.boundaries > 0; }

using Filter = bool (*)(const iam::PolicyRecord&);
Filter filter_of(const Op::Input& input) {
  if (input.policy_usage_filter.value_or("") == "PermissionsBoundary") return bounding;
  const bool attached_only = input.only_attached.value_or(false) || input.policy_usage_filter;
  return attached_only ? attached : any;
}

Task<Status> add_own(Service& service, const RequestContext& context, const Op::Input& input,
                     const PageRequest& page, std::vector<gen::iam::Policy>& out) {
  if (!wants(input, "Local") || page.after.starts_with(kAwsMark)) co_return Status{};
  auto scanning = scan_policies(service.store, context.account, input.path_prefix.value_or("/"),
                                page.after, page.limit + 1, filter_of(input));
  KILN_CO_TRY(const auto policies, co_await std::move(scanning));
  for (const auto& policy : policies) {
    out.push_back(policy_view(context.account, policy, {policy.attachments, policy.boundaries}));
  }
  co_return Status{};
}

Task<Status> add_awss(Service& service, const RequestContext& context, const Op::Input& input,
                      const PageRequest& page, std::vector<gen::iam::Policy>& out) {
  if (!wants(input, "AWS")) co_return Status{};
  const bool within = page.after.starts_with(kAwsMark);
  const std::string prefix = input.path_prefix.value_or("/");
  for (const auto& managed : iam::managed_policies()) {
    if (out.size() > page.limit) break;
    if (within && managed.name <= std::string_view(page.after).substr(kAwsMark.size())) continue;
    if (!managed.path.starts_with(prefix)) continue;
    auto finding = find_policy(service.store, context.account, {"aws", {}, {}}, managed.arn());
    KILN_CO_TRY(auto policy, co_await std::move(finding));
    auto counting = uses_of(service.store, context.account, *policy);
    KILN_CO_TRY(const auto counts, co_await std::move(counting));
    policy->record.attachments = counts.attachments;
    policy->record.boundaries = counts.boundaries;
    if (filter_of(input)(policy->record)) out.push_back(policy_view("aws", policy->record, counts));
  }
  co_return Status{};
}

std::string place_of(const gen::iam::Policy& policy) {
  const bool awss = policy.arn->starts_with("arn:aws:iam::aws:");
  return (awss ? std::string(kAwsMark) : std::string()) + *policy.policy_name;
}

Task<Attempt<Op>> attempt(Service& service, const RequestContext& context, const Op::Input& input) {
  const auto page = page_request(input.marker, input.max_items);
  if (!page) co_return refuse<Op>(page.error());
  Op::Output output;
  auto& policies = output.policies.emplace();
  auto own = add_own(service, context, input, *page, policies);
  KILN_CO_TRY_VOID(co_await std::move(own));
  auto awss = add_awss(service, context, input, *page, policies);
  KILN_CO_TRY_VOID(co_await std::move(awss));
  finish_page(policies, *page, output, place_of);
  co_return output;
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return {"iam:ListPolicies", "arn:aws:iam::" + context.account + ":policy/", {}};
}

}  // namespace

extern const aws::Operation<Op, Service> kListPolicies{authorize, handle<Op, attempt>};

}  // namespace kiln::iam_api
