// SPDX-License-Identifier: Apache-2.0
// Whether one statement speaks of a question.
#include "iam/evaluation.h"

#include <algorithm>

namespace kiln::iam {
namespace {

using Kind = aws::Principal::Kind;

bool action_matches(const Statement& s, std::string_view action) {
  const bool listed = std::ranges::any_of(
      s.actions, [action](const std::string& pattern) { return glob_match(pattern, action); });
  return listed != s.not_action;
}

enum class Fits : std::uint8_t { kNo, kYes, kUnknown };

Fits resource_fits(const PolicyPattern& pattern, const Question& question) {
  std::optional<std::string> resolved;
  if (!pattern.fixed() && !(resolved = pattern.resolve(question.keys))) return Fits::kUnknown;
  const std::string& text = resolved ? *resolved : pattern.fixed_text();
  const bool any = std::ranges::any_of(question.resources, [&text](const std::string& resource) {
    return glob_match(text, resource);
  });
  return any ? Fits::kYes : Fits::kNo;
}

bool is_everything(const PolicyPattern& p) {
  return p.fixed() && p.fixed_text() == std::string_view(&kAnyRun, 1);
}

bool resource_matches(const Statement& s, const Question& question, bool& depends) {
  if (!s.has_resource) return true;
  if (question.resources.empty()) {
    return !s.deny || (!s.not_resource && std::ranges::any_of(s.resources, is_everything));
  }
  bool listed = false, unknown = false;
  for (const auto& pattern : s.resources) {
    depends = depends || !pattern.fixed();
    const Fits fits = resource_fits(pattern, question);
    listed = listed || fits == Fits::kYes;
    unknown = unknown || fits == Fits::kUnknown;
  }
  // A variable without a value names nothing, and an exception that names nothing may not widen
  // what is allowed.
  if (s.not_resource && unknown && !s.deny) return false;
  return listed != s.not_resource;
}

std::string_view unique_id(const aws::Principal& caller) {
  return std::string_view(caller.user_id).substr(0, caller.user_id.find(':'));
}

bool names_account(std::string_view name, const aws::Principal& caller) {
  if (caller.account.empty()) return false;
  return name == caller.account || (name.starts_with("arn:") && name.ends_with(":root") &&
                                    name == "arn:aws:iam::" + caller.account + ":root");
}

Named match_aws_name(std::string_view name, const aws::Principal& caller) {
  if (name == caller.arn && !caller.arn.empty()) return Named::kItself;
  const bool session = caller.kind == Kind::kAssumedRole;
  if (session && name == caller.role_arn) return Named::kRole;
  if (!caller.user_id.empty() && caller.kind != Kind::kRoot && name == unique_id(caller)) {
    return session ? Named::kRole : Named::kItself;
  }
  if (names_account(name, caller)) {
    return caller.kind == Kind::kRoot ? Named::kItself : Named::kAccount;
  }
  return Named::kNo;
}

Named listed_as(const PrincipalElement& element, const aws::Principal& caller) {
  if (caller.kind == Kind::kService) {
    const bool listed = std::ranges::any_of(element.services, [&](const std::string& name) {
      return name == caller.service || name == "*";
    });
    return listed ? Named::kItself : Named::kNo;
  }
  if (element.everyone) return Named::kItself;
  Named best = Named::kNo;
  for (const auto& name : element.aws) best = std::max(best, match_aws_name(name, caller));
  return best;
}

// NotPrincipal excepts only who is listed with everything it is: a session with its account, its
// role and itself; a user with its account and itself.
bool fully_listed(const PrincipalElement& element, const aws::Principal& caller) {
  if (caller.kind == Kind::kService || caller.kind == Kind::kAnonymous || element.everyone) {
    return listed_as(element, caller) != Named::kNo;
  }
  bool account = false, itself = false, role = caller.kind != Kind::kAssumedRole;
  for (const auto& name : element.aws) {
    account = account || names_account(name, caller);
    itself = itself || name == caller.arn || name == caller.user_id;
    role = role || name == caller.role_arn || name == unique_id(caller);
  }
  return account && itself && role;
}

}  // namespace

Named principal_match(const PrincipalElement& element, bool deny, const aws::Principal& caller,
                      bool bounded) {
  if (!element.present) return Named::kItself;
  if (!element.inverted) return listed_as(element, caller);
  if (deny) return bounded || !fully_listed(element, caller) ? Named::kItself : Named::kNo;
  return listed_as(element, caller) == Named::kNo ? Named::kItself : Named::kNo;
}

Effect effect_of(const Policy& policy, const Question& question, bool bounded) {
  Effect out;
  for (const auto& s : policy.statements) {
    if (!action_matches(s, question.action)) continue;
    const Named named = principal_match(s.principal, s.deny, question.principal, bounded);
    if (named == Named::kNo || !resource_matches(s, question, out.depends_on_request)) continue;
    if (!s.conditions.empty()) {
      out.depends_on_request = true;
      const bool all = std::ranges::all_of(
          s.conditions, [&](const Condition& c) { return holds(c, question.keys); });
      if (!all) continue;
    }
    if (s.deny) {
      out.denied = true;
    } else {
      out.granted = std::max(out.granted, named);
    }
  }
  return out;
}

}  // namespace kiln::iam
