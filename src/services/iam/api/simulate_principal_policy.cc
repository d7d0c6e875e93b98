// SPDX-License-Identifier: Apache-2.0
// SimulatePrincipalPolicy: what the policies of a user, group or role would decide.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
// Differs from AWS: matched statements are named by their policy, without positions.
#include "gen/iam/simulate_principal_policy.h"

#include "iam/store_principal_policies.h"
#include "services/iam/api/common.h"
#include "services/iam/api/simulation.h"

#include <type_traits>

namespace kiln::iam_api {
namespace {

using Op = gen::iam::SimulatePrincipalPolicy;

using Kind = aws::Principal::Kind;

std::string policy_type(const iam::PolicyText& policy, std::string_view word) {
  if (policy.arn.empty()) return std::string(word);
  return policy.arn.starts_with("arn:aws:iam::aws:") ? "aws-managed" : "user-managed";
}

ApiResult<void> add_grants(const iam::PrincipalGrants& grants, std::string_view word,
                           Simulation& out) {
  for (const auto& text : grants.identity) {
    auto policy = compile_input(text.text);
    if (!policy) return aws::fail(std::move(policy.error()));
    out.identity.push_back({text.name, policy_type(text, word), std::move(*policy)});
  }
  if (!grants.boundary) return {};
  auto boundary = compile_input(grants.boundary->text);
  // A boundary whose policy is gone allows nothing.
  out.boundary = boundary ? std::move(*boundary) : std::make_shared<const iam::Policy>();
  return {};
}

// A group is no principal: its policies are read as those of a user that has nothing else.
Task<Result<iam::PrincipalGrants>> grants_of_group(Service& service, const RequestContext& context,
                                                   const iam::GroupRecord& group) {
  iam::PrincipalGrants out;
  iam::StorePrincipalPolicies policies(service.store);
  for (const auto& policy : group.inlines) {
    auto reading =
        load_text(service.store, Groups::inline_key(context.account, group, policy.name));
    KILN_CO_TRY(auto text, co_await std::move(reading));
    if (text) out.identity.push_back({policy.name, "", std::move(*text)});
  }
  for (const auto& arn : group.attached) {
    auto reading = policies.managed_policy(arn);
    KILN_CO_TRY(auto text, co_await std::move(reading));
    if (text) out.identity.push_back({arn.substr(arn.rfind('/') + 1), arn, std::move(*text)});
  }
  co_return out;
}

struct Source {
  std::string word;  // "user", "group", "role"
  aws::Principal principal;
  std::optional<iam::PrincipalGrants> grants;
};

template <class Entity>
Task<Result<std::optional<Source>>> find_source(Service& service, const RequestContext& context,
                                                const std::string& arn) {
  auto loading = load<Entity>(service.store, context.account, arn.substr(arn.rfind('/') + 1));
  KILN_CO_TRY(const auto entity, co_await std::move(loading));
  if (!entity || entity->record.arn(context.account) != arn) co_return std::nullopt;
  Source out{std::string(Entity::kWord), {}, {}};
  out.principal.account = context.account;
  out.principal.arn = arn;
  out.principal.user_id = entity->record.id;
  out.principal.kind = Kind::kUser;
  if constexpr (std::is_same_v<Entity, Groups>) {
    auto reading = grants_of_group(service, context, entity->record);
    KILN_CO_TRY(out.grants, co_await std::move(reading));
  } else {
    if constexpr (std::is_same_v<Entity, Roles>) {
      out.principal.kind = Kind::kAssumedRole;
      out.principal.role_arn = arn;
    }
    iam::StorePrincipalPolicies policies(service.store);
    auto reading = policies.find(out.principal);
    KILN_CO_TRY(out.grants, co_await std::move(reading));
  }
  co_return std::move(out);
}

Task<Attempt<Op>> attempt(Service& service, const RequestContext& context, const Op::Input& input) {
  const auto page = page_request(input.marker, input.max_items);
  if (!page) co_return refuse<Op>(page.error());
  const std::string& arn = *input.policy_source_arn;
  const std::string prefix = "arn:aws:iam::" + context.account + ':';
  std::optional<Source> source;
  if (arn.starts_with(prefix + "user/")) {
    auto finding = find_source<Users>(service, context, arn);
    KILN_CO_TRY(source, co_await std::move(finding));
  } else if (arn.starts_with(prefix + "role/")) {
    auto finding = find_source<Roles>(service, context, arn);
    KILN_CO_TRY(source, co_await std::move(finding));
  } else if (arn.starts_with(prefix + "group/")) {
    auto finding = find_source<Groups>(service, context, arn);
    KILN_CO_TRY(source, co_await std::move(finding));
  } else {
    co_return refuse<Op>(gen::iam::invalid_input_exception("Invalid Entity Arn: " + arn));
  }
  if (!source || !source->grants) {
    co_return refuse<Op>(gen::iam::no_such_entity_exception("Entity " + arn + " does not exist."));
  }
  Simulation simulation;
  simulation.caller = source->principal;
  auto added = add_grants(*source->grants, source->word, simulation);
  if (added) added = read_input(context, input, simulation);
  if (!added) co_return refuse<Op>(std::move(added.error()));
  co_return simulation_page<Op::Output>(simulation, *page);
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return {"iam:SimulatePrincipalPolicy", input.policy_source_arn.value_or("*")};
}

}  // namespace

extern const aws::Operation<Op, Service> kSimulatePrincipalPolicy{authorize, handle<Op, attempt>};

}  // namespace kiln::iam_api
