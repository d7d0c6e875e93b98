// SPDX-License-Identifier: Apache-2.0
// GetAccountAuthorizationDetails: every user, group, role and policy of the account with its
// documents, by pages.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html
// Differs from AWS: of AWS's own policies, those in use are listed with their default version only.
#include "gen/iam/get_account_authorization_details.h"

#include "iam/managed_policies.h"
#include "services/iam/api/entity_policies.h"
#include "services/iam/api/instance_profiles.h"

#include <algorithm>
#include <array>
#include <variant>

namespace kiln::iam_api {
namespace {

using Op = gen::iam::GetAccountAuthorizationDetails;

using gen::iam::PolicyDetail;

// What is listed, in this order. A place in the list is an index of it and a name.
constexpr std::array<std::string_view, 5> kKinds = {"User", "Group", "Role", "LocalManagedPolicy",
                                                    "AWSManagedPolicy"};
using Item = std::variant<iam::UserRecord, iam::GroupRecord, iam::RoleRecord, FoundPolicy>;

std::string place_of(const Item& item) {
  const auto* policy = std::get_if<FoundPolicy>(&item);
  if (policy) return (policy->account == "aws" ? '4' : '3') + policy->record.name;
  const auto name = [](const auto& record) -> std::string {
    if constexpr (requires { record.name; }) return record.name;
    return {};
  };
  return std::to_string(item.index()) + std::visit(name, item);
}

bool wants(const Op::Input& input, std::string_view kind) {
  return !input.filter || input.filter->empty() ||
         std::ranges::find(*input.filter, kind) != input.filter->end();
}

template <class Entity>
Task<Status> collect(Service& service, const RequestContext& context, std::string after,
                     std::size_t limit, std::vector<Item>& out) {
  auto scanning = scan<Entity>(service.store, context.account, "/", std::move(after), limit);
  KILN_CO_TRY(auto records, co_await std::move(scanning));
  for (auto& record : records) out.emplace_back(std::move(record));
  co_return Status{};
}

Task<Status> collect_policies(Service& service, const RequestContext& context, std::string after,
                              std::size_t limit, std::vector<Item>& out) {
  auto scanning = scan_policies(service.store, context.account, "/", std::move(after), limit,
                                [](const iam::PolicyRecord&) { return true; });
  KILN_CO_TRY(auto records, co_await std::move(scanning));
  // A version marks it as one of the account; it is not used for a commit here.
  for (auto& record : records) {
    out.emplace_back(FoundPolicy{std::move(record), store::Version("own"), context.account, {}});
  }
  co_return Status{};
}

// AWS's own policies that something in the account uses.
Task<Status> collect_awss(Service& service, const RequestContext& context, std::string after,
                          std::size_t limit, std::vector<Item>& out) {
  for (const auto& managed : iam::managed_policies()) {
    if (managed.name <= after) continue;
    if (limit == 0) break;
    auto finding = find_policy(service.store, context.account, {"aws", {}, {}}, managed.arn());
    KILN_CO_TRY(auto policy, co_await std::move(finding));
    auto counting = uses_of(service.store, context.account, *policy);
    KILN_CO_TRY(const auto counts, co_await std::move(counting));
    if (counts.attachments + counts.boundaries == 0) continue;
    policy->record.attachments = counts.attachments;
    policy->record.boundaries = counts.boundaries;
    out.emplace_back(std::move(*policy));
    --limit;
  }
  co_return Status{};
}

// At most `limit` items behind `place`.
Task<Result<std::vector<Item>>> collect_all(Service& service, const RequestContext& context,
                                            const Op::Input& input, std::string place,
                                            std::size_t limit) {
  constexpr std::array kCollect = {collect<Users>, collect<Groups>, collect<Roles>,
                                   collect_policies, collect_awss};
  const std::size_t first = place.empty() ? 0 : static_cast<std::size_t>(place.front() - '0');
  std::vector<Item> out;
  for (std::size_t kind = first; kind < kKinds.size() && out.size() < limit; ++kind) {
    if (!wants(input, kKinds[kind])) continue;
    std::string after = kind == first && !place.empty() ? place.substr(1) : std::string();
    auto collecting = kCollect[kind](service, context, std::move(after), limit - out.size(), out);
    KILN_CO_TRY_VOID(co_await std::move(collecting));
  }
  co_return out;
}

template <class Entity>
Task<Result<std::vector<PolicyDetail>>> inline_details(Service& service,
                                                       const RequestContext& context,
                                                       const typename Entity::Record& record) {
  std::vector<PolicyDetail> out;
  for (const auto& policy : record.inlines) {
    auto reading =
        load_text(service.store, Entity::inline_key(context.account, record, policy.name));
    KILN_CO_TRY(const auto text, co_await std::move(reading));
    if (text) out.push_back({policy.name, url_encoded(*text)});
  }
  co_return out;
}

// The members that details of users, groups and roles share.
void fill(auto& detail, const RequestContext& context, const auto& record) {
  detail.path = record.path;
  detail.arn = record.arn(context.account);
  detail.create_date = record.created;
  detail.attached_managed_policies = attached_view(record.attached);
  if constexpr (requires { detail.tags; }) {
    detail.tags = tags_view(record.tags);
    if (!record.permissions_boundary.empty()) {
      detail.permissions_boundary =
          gen::iam::AttachedPermissionsBoundary{"Policy", record.permissions_boundary};
    }
  }
}

Task<Status> show_user(Service& service, const RequestContext& context, const iam::UserRecord& user,
                       Op::Output& output) {
  gen::iam::UserDetail detail;
  fill(detail, context, user);
  detail.user_name = user.name;
  detail.user_id = user.id;
  auto reading = inline_details<Users>(service, context, user);
  KILN_CO_TRY(detail.user_policy_list, co_await std::move(reading));
  auto loading = load_groups(service.store, context.account, user.groups);
  KILN_CO_TRY(const auto groups, co_await std::move(loading));
  detail.group_list.emplace();
  for (const auto& group : groups) detail.group_list->push_back(group.name);
  output.user_detail_list->push_back(std::move(detail));
  co_return Status{};
}

Task<Status> show_group(Service& service, const RequestContext& context,
                        const iam::GroupRecord& group, Op::Output& output) {
  gen::iam::GroupDetail detail;
  fill(detail, context, group);
  detail.group_name = group.name;
  detail.group_id = group.id;
  auto reading = inline_details<Groups>(service, context, group);
  KILN_CO_TRY(detail.group_policy_list, co_await std::move(reading));
  output.group_detail_list->push_back(std::move(detail));
  co_return Status{};
}

Task<Status> show_role(Service& service, const RequestContext& context, const iam::RoleRecord& role,
                       Op::Output& output) {
  gen::iam::RoleDetail detail;
  fill(detail, context, role);
  detail.role_name = role.name;
  detail.role_id = role.id;
  detail.assume_role_policy_document = url_encoded(role.trust_policy);
  detail.role_last_used.emplace();
  auto reading = inline_details<Roles>(service, context, role);
  KILN_CO_TRY(detail.role_policy_list, co_await std::move(reading));
  detail.instance_profile_list.emplace();
  for (const auto& name : role.instance_profiles) {
    auto loading = load<InstanceProfiles>(service.store, context.account, name);
    KILN_CO_TRY(const auto profile, co_await std::move(loading));
    if (!profile) continue;
    detail.instance_profile_list->push_back(instance_profile_view(context, profile->record, role));
  }
  output.role_detail_list->push_back(std::move(detail));
  co_return Status{};
}

Task<Status> show_policy(Service& service, const RequestContext& context, const FoundPolicy& policy,
                         Op::Output& output) {
  const auto& record = policy.record;
  const auto view = policy_view(policy.account, record, {record.attachments, record.boundaries});
  gen::iam::ManagedPolicyDetail detail;
  detail.policy_name = view.policy_name;
  detail.policy_id = view.policy_id;
  detail.arn = view.arn;
  detail.path = view.path;
  detail.default_version_id = view.default_version_id;
  detail.attachment_count = view.attachment_count;
  detail.permissions_boundary_usage_count = view.permissions_boundary_usage_count;
  detail.is_attachable = view.is_attachable;
  if (!record.description.empty()) detail.description = record.description;
  detail.create_date = view.create_date;
  detail.update_date = view.update_date;
  detail.policy_version_list.emplace();
  for (const auto& version : record.versions) {
    auto& shown = detail.policy_version_list->emplace_back(version_view(record, version));
    std::optional<std::string> text = std::string(policy.managed_document);
    if (text->empty()) {
      auto reading = load_text(
          service.store, iam::keys::policy_version(context.account, record.name, version.number));
      KILN_CO_TRY(text, co_await std::move(reading));
    }
    if (text) shown.document = url_encoded(*text);
  }
  output.policies->push_back(std::move(detail));
  co_return Status{};
}

Task<Status> show(Service& service, const RequestContext& context, const Item& item,
                  Op::Output& output) {
  if (const auto* user = std::get_if<iam::UserRecord>(&item)) {
    return show_user(service, context, *user, output);
  }
  if (const auto* group = std::get_if<iam::GroupRecord>(&item)) {
    return show_group(service, context, *group, output);
  }
  if (const auto* role = std::get_if<iam::RoleRecord>(&item)) {
    return show_role(service, context, *role, output);
  }
  return show_policy(service, context, std::get<FoundPolicy>(item), output);
}

Task<Attempt<Op>> attempt(Service& service, const RequestContext& context, const Op::Input& input) {
  const auto page = page_request(input.marker, input.max_items);
  if (!page) co_return refuse<Op>(page.error());
  auto collecting = collect_all(service, context, input, page->after, page->limit + 1);
  KILN_CO_TRY(auto items, co_await std::move(collecting));
  Op::Output output;
  finish_page(items, *page, output, place_of);
  output.user_detail_list.emplace();
  output.group_detail_list.emplace();
  output.role_detail_list.emplace();
  output.policies.emplace();
  for (const auto& item : items) {
    auto showing = show(service, context, item, output);
    KILN_CO_TRY_VOID(co_await std::move(showing));
  }
  co_return output;
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return {"iam:GetAccountAuthorizationDetails", "*"};
}

}  // namespace

extern const aws::Operation<Op, Service> kGetAccountAuthorizationDetails{authorize,
                                                                         handle<Op, attempt>};

}  // namespace kiln::iam_api
