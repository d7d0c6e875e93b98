// SPDX-License-Identifier: Apache-2.0
#include "iam/policy_authorizer.h"

#include "aws/arn.h"
#include "base/log.h"
#include "iam/denial.h"
#include "iam/keys.h"

#include <utility>

namespace kiln::iam {
namespace {

using Kind = aws::Principal::Kind;

// The n-th part of "arn:partition:service:region:account:resource"; empty when there is none.
std::string_view arn_part(std::string_view arn, int n) {
  if (!arn.starts_with("arn:")) return {};
  for (int i = 0; i < n; ++i) {
    const auto colon = arn.find(':');
    if (colon == std::string_view::npos) return {};
    arn.remove_prefix(colon + 1);
  }
  return arn.substr(0, arn.find(':'));
}
std::string_view arn_service(std::string_view arn) { return arn_part(arn, 2); }
std::string_view arn_account(std::string_view arn) { return arn_part(arn, 4); }

// A log group is written "log-group:NAME" and "log-group:NAME:*" in policies; both must fit.
std::vector<std::string> spellings(const std::string& resource) {
  constexpr std::string_view kAnyStream = ":log-stream:";
  const auto group = resource.find(":log-group:");
  if (group == std::string::npos) return {resource};
  if (resource.ends_with(kAnyStream)) {
    return {resource, resource.substr(0, resource.size() - kAnyStream.size())};
  }
  const bool whole_group = resource.find(':', group + 11) == std::string::npos;
  if (whole_group) return {resource, resource + std::string(kAnyStream)};
  return {resource};
}

// One statement that denies everything: what stands in for a policy that can't be read.
PolicyPtr deny_all() {
  Policy policy;
  policy.statements.push_back({.deny = true, .not_action = true});
  return std::make_shared<const Policy>(std::move(policy));
}

PolicyPtr compile(const std::string& text, std::string_view what) {
  if (text.empty()) return std::make_shared<const Policy>();
  auto policy = compile_policy(text);
  if (policy) return std::make_shared<const Policy>(std::move(*policy));
  log::error("iam", std::string(what) + ": " + policy.error().message + "; it denies everything");
  return deny_all();
}

std::string principal_key(const aws::Principal& p) {
  if (p.kind == Kind::kAssumedRole) {
    return p.role_arn + '\n' + p.user_id.substr(0, p.user_id.find(':'));
  }
  return p.arn + '\n' + p.user_id;
}

bool has_session_policies(const aws::Principal& p) {
  return !p.session_policies.empty() || !p.session_policy_arns.empty();
}

std::string decision_key(const aws::Principal& p, const aws::Permission& permission,
                         std::string_view owner, bool any_resource) {
  std::string out;
  out.reserve(p.arn.size() + p.user_id.size() + permission.action.size() +
              permission.resource.size() + owner.size() + 8);
  for (const std::string_view part :
       {std::string_view(p.arn), std::string_view(p.user_id), std::string_view(permission.action),
        std::string_view(permission.resource), owner}) {
    out.append(part).push_back('\n');
  }
  return any_resource ? out + '*' : out;
}

}  // namespace

PolicyAuthorizer::PolicyAuthorizer(store::Store& store, Executor& home,
                                   PrincipalPolicies& principals, Metrics& metrics, IamMode mode)
    : principals_(principals),
      mode_(mode),
      asked_(metrics.counter("kiln_iam_decisions_total")),
      remembered_(metrics.counter("kiln_iam_decision_cache_hits_total")),
      denied_(metrics.counter("kiln_iam_denied_total")),
      would_deny_(metrics.counter("kiln_iam_audit_denied_total")) {
  watch_ = store.watch(keys::all(), home, [this] {
    ++generation_;
    grants_.clear();
    decisions_.clear();
    reported_.clear();
  });
}

void PolicyAuthorizer::add_resource_policies(std::string service, ResourcePolicies& policies) {
  resources_.emplace(std::move(service), &policies);
}

// Root of the account, and no policy that could deny it.
bool PolicyAuthorizer::asks_nothing(const aws::RequestContext& context,
                                    const aws::Permission& permission) const {
  const auto& p = context.principal;
  if (p.kind != Kind::kRoot || has_session_policies(p)) return false;
  const auto account = arn_account(permission.resource);
  const auto port = resources_.find(arn_service(permission.resource));
  return (account.empty() || account == p.account) &&
         (port == resources_.end() || !port->second->may_deny());
}

Task<aws::ApiResult<void>> PolicyAuthorizer::check(const aws::RequestContext& context,
                                                   aws::Authorization authorization) {
  if (mode_ == IamMode::kOff) co_return {};
  for (const auto& permission : authorization.permissions) {
    asked_.add();
    if (asks_nothing(context, permission)) continue;
    Asked asked{.context = context, .permission = permission};
    auto deciding = decide(asked);
    KILN_API_TRY(const auto decision, "iam", co_await std::move(deciding));
    if (auto passed = conclude(asked, decision); !passed) co_return passed;
  }
  co_return {};
}

Task<aws::ApiResult<void>> PolicyAuthorizer::check_unbuilt(const aws::RequestContext& context,
                                                           std::string action) {
  if (mode_ == IamMode::kOff) co_return {};
  const aws::Permission permission{std::move(action), "*", {}};
  asked_.add();
  if (asks_nothing(context, permission)) co_return {};
  Asked asked{.context = context, .permission = permission, .any_resource = true};
  auto deciding = decide(asked);
  KILN_API_TRY(const auto decision, "iam", co_await std::move(deciding));
  co_return conclude(asked, decision);
}

Task<Result<PolicyAuthorizer::Decision>> PolicyAuthorizer::decide(Asked& asked) {
  const auto& principal = asked.context.principal;
  asked.action = keys::fold(asked.permission.action);
  auto finding = find_resource(asked);
  KILN_CO_TRY_VOID(co_await std::move(finding));
  const bool alone = !asked.resource && !has_session_policies(principal);
  auto key = alone ? decision_key(principal, asked.permission, asked.owner, asked.any_resource)
                   : std::string();
  if (const auto* known = alone ? decisions_.find(key) : nullptr) {
    remembered_.add();
    co_return Decision{*known, true};
  }
  const auto generation = generation_;
  auto granting = grants_of(principal);
  KILN_CO_TRY(const GrantsPtr grants, co_await std::move(granting));
  PolicySet set{.identity = grants->identity, .boundary = grants->boundary};
  auto limiting = add_session_policies(principal, set);
  KILN_CO_TRY_VOID(co_await std::move(limiting));
  if (asked.resource) {
    if (!asked.resource->policy.empty()) set.resource = compiled(asked.resource->policy);
    set.resource_decides = asked.resource->decides;
  }
  const RequestFacts facts{.context = asked.context,
                           .own_keys = asked.permission.condition_keys,
                           .owner = asked.owner,
                           .principal_tags = &grants->tags,
                           .resource_tags = asked.resource ? &asked.resource->tags : nullptr};
  const RequestKeys keys(facts);
  const Question question{
      .principal = principal,
      .action = asked.action,
      .resources = asked.any_resource ? std::vector<std::string>{} : spellings(asked.arn),
      .owner = asked.owner,
      .keys = keys};
  const Verdict verdict = evaluate(question, set);
  if (alone && !verdict.depends_on_request && generation == generation_) {
    decisions_.put(std::move(key), verdict);
  }
  co_return Decision{verdict, false};
}

// Fills owner and resource; a resource without anything to say stays unset.
Task<Status> PolicyAuthorizer::find_resource(Asked& asked) {
  const std::string& arn = asked.permission.resource;
  const auto account = arn_account(arn);
  asked.owner = aws::is_account_id(account) ? account : std::string_view(asked.context.account);
  asked.arn = arn;
  const auto port = asked.any_resource ? resources_.end() : resources_.find(arn_service(arn));
  if (port == resources_.end()) co_return Status{};
  auto finding = port->second->find(asked.action, arn);
  KILN_CO_TRY(auto found, co_await std::move(finding));
  if (!found) co_return Status{};
  if (!found->owner.empty()) asked.owner = found->owner;
  const bool renamed = !found->arn.empty() && found->arn != arn;
  if (renamed) asked.arn = found->arn;
  if (renamed || !found->policy.empty() || !found->tags.empty() || found->decides) {
    asked.resource = std::move(found);
  }
  co_return Status{};
}

Task<Result<PolicyAuthorizer::GrantsPtr>> PolicyAuthorizer::grants_of(aws::Principal principal) {
  auto key = principal_key(principal);
  if (const auto* known = grants_.find(key)) co_return *known;
  const auto generation = generation_;
  auto finding = principals_.find(std::move(principal));
  KILN_CO_TRY(const auto found, co_await std::move(finding));
  auto grants = std::make_shared<Grants>();
  if (found) {
    for (const auto& policy : found->identity) {
      // Managed ones are shared by all who have them.
      grants->identity.push_back(policy.arn.empty() ? compile(policy.text, "policy " + policy.name)
                                                    : compiled(policy.text));
    }
    if (found->boundary) {
      grants->boundary = compile(found->boundary->text, "boundary " + found->boundary->arn);
    }
    grants->tags = found->tags;
  }
  if (generation == generation_) grants_.put(std::move(key), grants);
  co_return GrantsPtr(std::move(grants));
}

Task<Status> PolicyAuthorizer::add_session_policies(const aws::Principal& principal,
                                                    PolicySet& set) {
  set.has_session = has_session_policies(principal);
  for (const auto& text : principal.session_policies) set.session.push_back(compiled(text));
  for (const auto& arn : principal.session_policy_arns) {
    auto finding = principals_.managed_policy(arn);
    KILN_CO_TRY(const auto text, co_await std::move(finding));
    if (text) set.session.push_back(compiled(*text));
  }
  co_return Status{};
}

PolicyPtr PolicyAuthorizer::compiled(const std::string& text) {
  if (const auto* known = policies_.find(text)) return *known;
  auto policy = compile(text, "policy of a session, a resource or an account");
  policies_.put(text, policy);
  return policy;
}

aws::ApiResult<void> PolicyAuthorizer::conclude(const Asked& asked, const Decision& decision) {
  const auto& verdict = decision.verdict;
  if (!decision.remembered) {
    observations_.note(asked.context.principal, asked.permission, verdict.allowed);
  }
  if (verdict.allowed) return {};
  if (only_reported(asked)) {
    would_deny_.add();
    report(asked, verdict);
    return {};
  }
  denied_.add();
  const bool cross_account = asked.context.principal.account != asked.owner;
  return aws::fail(denial(asked.context, asked.permission, verdict, cross_account));
}

// In mode audit most refusals are.
bool PolicyAuthorizer::only_reported(const Asked& asked) const {
  const auto& p = asked.context.principal;
  if (mode_ != IamMode::kAudit || p.kind == Kind::kService) return false;
  // Nobody opened a bucket to everybody but its policy.
  if (p.kind == Kind::kAnonymous && asked.context.service == "s3") return false;
  // Other anonymous callers come by ways that the owner has opened, such as a function URL.
  if (p.account == asked.owner || p.kind == Kind::kAnonymous) return true;
  const auto port = resources_.find(arn_service(asked.permission.resource));
  return port == resources_.end() || !port->second->closed_to_others();
}

// One line for each principal, action and resource, until IAM changes.
void PolicyAuthorizer::report(const Asked& asked, const Verdict& verdict) {
  const auto& permission = asked.permission;
  const auto& principal = asked.context.principal;
  const auto& who = principal.kind == Kind::kAssumedRole ? principal.role_arn : principal.arn;
  auto key = who + '\n' + permission.action + '\n' + permission.resource;
  if (reported_.find(key)) return;
  reported_.put(std::move(key), true);
  // Where a resource policy or a deny stands in the way no statement of the caller's would help.
  const bool helps = !verdict.explicit_deny && verdict.by != PolicyType::kResource;
  log::warn("iam", "would deny " + permission.action + " on " + permission.resource + " to " +
                       (who.empty() ? "anonymous callers" : who) + ": " +
                       std::string(reason(verdict)) +
                       (helps ? "; missing: " + missing_statement(permission) : ""));
}

}  // namespace kiln::iam
