// SPDX-License-Identifier: Apache-2.0
// ListEntitiesForPolicy: the groups, users and roles that a managed policy hangs on or bounds.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListEntitiesForPolicy.html
#include "gen/iam/list_entities_for_policy.h"

#include "services/iam/api/common.h"

#include <array>

namespace kiln::iam_api {
namespace {

using Op = gen::iam::ListEntitiesForPolicy;

// What is listed, in this order. A place in the list is an index of it and a name.
struct Table {
  std::string_view name;
  std::string_view kind;   // EntityFilter
  std::string_view usage;  // PolicyUsageFilter
};
constexpr std::array<Table, 5> kTables = {{
    {Groups::kAttached, "Group", "PermissionsPolicy"},
    {Users::kAttached, "User", "PermissionsPolicy"},
    {Roles::kAttached, "Role", "PermissionsPolicy"},
    {Users::kBounded, "User", "PermissionsBoundary"},
    {Roles::kBounded, "Role", "PermissionsBoundary"},
}};

struct Found {
  std::size_t table = 0;
  PolicyUser user;
};
std::string place_of(const Found& found) { return std::to_string(found.table) + found.user.name; }

bool wants(const Op::Input& input, const Table& table) {
  const std::string kind = input.entity_filter.value_or("");
  const bool every_kind = kind.empty() || kind.ends_with("ManagedPolicy");
  return (every_kind || kind == table.kind) &&
         input.policy_usage_filter.value_or(std::string(table.usage)) == table.usage;
}

// Reads on while entities are filtered out by their path.
Task<Status> add_table(Service& service, const RequestContext& context, const Op::Input& input,
                       std::size_t table, std::string after, std::size_t limit,
                       std::vector<Found>& out) {
  const std::string prefix = input.path_prefix.value_or("/");
  while (out.size() < limit) {
    auto scanning = scan_uses(service.store, context.account, kTables[table].name,
                              *input.policy_arn, std::move(after), limit);
    KILN_CO_TRY(auto users, co_await std::move(scanning));
    if (users.empty()) break;
    after = users.back().name;
    for (auto& user : users) {
      if (user.path.starts_with(prefix)) out.push_back({table, std::move(user)});
    }
  }
  co_return Status{};
}

void show(const Found& found, Op::Output& output) {
  const auto& [name, id, path] = found.user;
  const auto kind = kTables[found.table].kind;
  if (kind == "Group") output.policy_groups->push_back({name, id});
  if (kind == "User") output.policy_users->push_back({name, id});
  if (kind == "Role") output.policy_roles->push_back({name, id});
}

Task<Attempt<Op>> attempt(Service& service, const RequestContext& context, const Op::Input& input) {
  const auto page = page_request(input.marker, input.max_items);
  if (!page) co_return refuse<Op>(page.error());
  auto arn = parse_policy_arn(*input.policy_arn);
  if (!arn) co_return refuse<Op>(std::move(arn.error()));
  auto finding = find_policy(service.store, context.account, std::move(*arn), *input.policy_arn);
  KILN_CO_TRY(const auto policy, co_await std::move(finding));
  if (!policy) co_return refuse<Op>(no_such_policy(*input.policy_arn));
  std::vector<Found> found;
  std::size_t first = 0;
  std::string after;
  if (!page->after.empty()) {
    first = static_cast<std::size_t>(page->after.front() - '0');
    after = page->after.substr(1);
  }
  for (std::size_t table = first; table < kTables.size(); ++table) {
    if (!wants(input, kTables[table])) continue;
    auto adding = add_table(service, context, input, table, table == first ? after : std::string(),
                            page->limit + 1, found);
    KILN_CO_TRY_VOID(co_await std::move(adding));
  }
  Op::Output output;
  finish_page(found, *page, output, place_of);
  output.policy_groups.emplace();
  output.policy_users.emplace();
  output.policy_roles.emplace();
  for (const auto& one : found) show(one, output);
  co_return output;
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on_policy("iam:ListEntitiesForPolicy", input.policy_arn);
}

}  // namespace

extern const aws::Operation<Op, Service> kListEntitiesForPolicy{authorize, handle<Op, attempt>};

}  // namespace kiln::iam_api
