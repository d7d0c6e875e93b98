// SPDX-License-Identifier: Apache-2.0
#include "iam/policy_document.h"
#include "iam/policy_json.h"
#include "iam/wildcard.h"

#include <cctype>

namespace kiln::iam {
namespace {

using namespace policy_json;

std::string lower(std::string_view text) {
  std::string out(text);
  for (auto& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

template <class Match>
bool any_string(const value& one_or_many, Match match) {
  bool found = false;
  each(one_or_many, [&](const value& v) {
    if (const auto* text = v.if_string()) found = found || match(view(*text));
  });
  return found;
}

bool names_assume_role(const object& statement) {
  const auto matches = [](std::string_view pattern) {
    return wildcard_match(lower(pattern), "sts:assumerole");
  };
  if (const auto* action = member(statement, "Action")) return any_string(*action, matches);
  const auto* others = member(statement, "NotAction");
  return others && !any_string(*others, matches);
}

enum class Holds { kYes, kNo, kUnknown };

// One operator on one key whose request value is `actual` (empty: absent).
Holds test_text(const std::string& op, const value& wanted, std::string_view actual) {
  const bool like = op == "stringlike", equals = op == "stringequals";
  if (!like && !equals) return Holds::kUnknown;
  if (actual.empty()) return Holds::kNo;
  const bool match = any_string(wanted, [&](std::string_view text) {
    return like ? wildcard_match(text, actual) : text == actual;
  });
  return match ? Holds::kYes : Holds::kNo;
}

Holds test_condition(const object& statement, const TrustRequest& request) {
  const auto* condition = member(statement, "Condition");
  const auto* operators = condition ? condition->if_object() : nullptr;
  if (!operators) return Holds::kYes;
  Holds all = Holds::kYes;
  for (const auto& [name, tests] : *operators) {
    const std::string op = lower({name.data(), name.size()});
    const auto* keys = tests.if_object();
    if (!keys) return Holds::kUnknown;
    for (const auto& [key_text, wanted] : *keys) {
      const std::string key = lower({key_text.data(), key_text.size()});
      Holds one = Holds::kUnknown;
      if (key == "sts:externalid") one = test_text(op, wanted, request.external_id);
      if (key == "sts:rolesessionname") one = test_text(op, wanted, request.session_name);
      if (key == "aws:sourceaccount" || key == "aws:sourcearn") one = Holds::kYes;
      if (one == Holds::kNo) return Holds::kNo;
      if (one == Holds::kUnknown) all = Holds::kUnknown;
    }
  }
  return all;
}

Trust match_aws(const value& names, const aws::Principal& caller) {
  const std::string root = "arn:aws:iam::" + caller.account + ":root";
  Trust best = Trust::kNone;
  any_string(names, [&](std::string_view name) {
    const std::string_view role_id =
        std::string_view(caller.user_id).substr(0, caller.user_id.find(':'));
    if (name == "*" || name == caller.arn || name == role_id ||
        (!caller.role_arn.empty() && name == caller.role_arn)) {
      best = Trust::kNamed;
    } else if ((name == root || name == caller.account) && best == Trust::kNone) {
      best = Trust::kAccount;
    }
    return false;
  });
  // For the root user its account is itself.
  if (best == Trust::kAccount && caller.kind == aws::Principal::Kind::kRoot) best = Trust::kNamed;
  return best;
}

Trust match_principal(const value& principal, const aws::Principal& caller) {
  if (const auto* everybody = principal.if_string()) {
    return view(*everybody) == "*" ? Trust::kNamed : Trust::kNone;
  }
  const auto* kinds = principal.if_object();
  if (!kinds) return Trust::kNone;
  if (caller.kind == aws::Principal::Kind::kService) {
    const auto* services = member(*kinds, "Service");
    const bool named = services && any_string(*services, [&](std::string_view name) {
                         return name == caller.service || name == "*";
                       });
    return named ? Trust::kNamed : Trust::kNone;
  }
  const auto* names = member(*kinds, "AWS");
  return names ? match_aws(*names, caller) : Trust::kNone;
}

Trust trust_of_statement(const object& statement, const aws::Principal& caller) {
  if (const auto* principal = member(statement, "Principal")) {
    return match_principal(*principal, caller);
  }
  const auto* others = member(statement, "NotPrincipal");
  if (!others) return Trust::kNone;
  return match_principal(*others, caller) == Trust::kNone ? Trust::kNamed : Trust::kNone;
}

}  // namespace

Trust trust_of(std::string_view trust_policy, const aws::Principal& caller,
               const TrustRequest& request) {
  boost::system::error_code failed;
  const value document = boost::json::parse({trust_policy.data(), trust_policy.size()}, failed);
  const auto* top = failed ? nullptr : document.if_object();
  const auto* statements = top ? member(*top, "Statement") : nullptr;
  if (!statements) return Trust::kNone;
  Trust best = Trust::kNone;
  bool denied = false;
  each(*statements, [&](const value& v) {
    const auto* statement = v.if_object();
    const auto* effect = statement ? member(*statement, "Effect") : nullptr;
    if (!effect || !effect->is_string() || !names_assume_role(*statement)) return;
    const Trust trust = trust_of_statement(*statement, caller);
    const Holds holds = test_condition(*statement, request);
    if (trust == Trust::kNone || holds == Holds::kNo) return;
    if (view(effect->get_string()) == "Deny") {
      denied = true;
    } else if (holds == Holds::kYes && (trust == Trust::kNamed || best == Trust::kNone)) {
      best = trust;
    }
  });
  return denied ? Trust::kDenied : best;
}

bool trusts_service(std::string_view trust_policy, std::string_view service) {
  aws::Principal caller;
  caller.kind = aws::Principal::Kind::kService;
  caller.service = service;
  return trust_of(trust_policy, caller, {}) == Trust::kNamed;
}

}  // namespace kiln::iam
