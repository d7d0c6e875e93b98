// SPDX-License-Identifier: Apache-2.0
#include "base/encoding.h"
#include "iam/keys.h"
#include "iam/policy.h"
#include "iam/policy_json.h"

#include <utility>

namespace kiln::iam {
namespace {

using namespace policy_json;
using Wildcards = PolicyPattern::Wildcards;
using Variables = PolicyPattern::Variables;

// Bytes that mean wildcards once compiled may not come from the text.
bool has_control_bytes(std::string_view text) {
  return text.find(kAnyRun) != std::string_view::npos ||
         text.find(kAnyOne) != std::string_view::npos;
}

std::string text_of(const value& v) {
  if (const auto* text = v.if_string()) return std::string(view(*text));
  if (const auto* flag = v.if_bool()) return *flag ? "true" : "false";
  return boost::json::serialize(v);
}

class Compiler {
 public:
  explicit Compiler(Variables variables) : variables_(variables) {}

  // False when the statement can't be read.
  bool add(const value& v, Policy& policy) {
    const auto* source = v.if_object();
    const auto* effect = source ? member(*source, "Effect") : nullptr;
    if (!effect || !effect->is_string()) return false;
    Statement out;
    out.deny = view(effect->get_string()) == "Deny";
    if (!out.deny && view(effect->get_string()) != "Allow") return false;
    good_ = true;
    actions(*source, out);
    resources(*source, out);
    principals(*source, out.principal);
    conditions(*source, out);
    policy.statements.push_back(std::move(out));
    return good_;
  }

 private:
  PolicyPattern pattern(const value& v, Wildcards wildcards) {
    const std::string text = text_of(v);
    if (has_control_bytes(text)) good_ = false;
    return PolicyPattern::compile(text, wildcards, variables_);
  }

  void actions(const object& source, Statement& out) {
    const auto* list = member(source, "Action");
    if (!list) {
      list = member(source, "NotAction");
      out.not_action = true;
    }
    if (!list || !is_strings(*list)) {
      good_ = false;
      return;
    }
    each(*list, [&](const value& v) {
      const auto folded = keys::fold(view(v.get_string()));
      if (has_control_bytes(folded)) good_ = false;
      out.actions.push_back(
          PolicyPattern::compile(folded, Wildcards::kYes, Variables::kNo).fixed_text());
    });
  }

  void resources(const object& source, Statement& out) {
    const auto* list = member(source, "Resource");
    if (!list && (list = member(source, "NotResource"))) out.not_resource = true;
    if (!list) return;
    out.has_resource = true;
    each(*list, [&](const value& v) { out.resources.push_back(pattern(v, Wildcards::kYes)); });
  }

  void principals(const object& source, PrincipalElement& out) {
    const auto* element = member(source, "Principal");
    if (!element && (element = member(source, "NotPrincipal"))) out.inverted = true;
    if (!element) return;
    out.present = true;
    const auto* kinds = element->if_object();
    if (!kinds) {
      out.everyone = text_of(*element) == "*";
      return;
    }
    if (const auto* names = member(*kinds, "AWS")) {
      each(*names, [&out](const value& v) {
        auto name = text_of(v);
        if (name == "*") out.everyone = true;
        out.aws.push_back(std::move(name));
      });
    }
    if (const auto* names = member(*kinds, "Service")) {
      each(*names, [&out](const value& v) { out.services.push_back(text_of(v)); });
    }
  }

  void conditions(const object& source, Statement& out) {
    const auto* element = member(source, "Condition");
    if (!element) return;
    const auto* operators = element->if_object();
    if (!operators) {
      good_ = false;
      return;
    }
    for (const auto& [name, tests] : *operators) {
      const auto* keys = tests.if_object();
      if (!keys) {
        good_ = false;
        return;
      }
      if (keys->empty()) continue;
      const auto op = parse_operator({name.data(), name.size()});
      if (!op) {
        good_ = false;
        return;
      }
      for (const auto& [key, wanted] : *keys) {
        Condition condition = *op;
        condition.key = keys::fold({key.data(), key.size()});
        each(wanted, [&](const value& v) { condition.values.push_back(value_of(*op, v)); });
        out.conditions.push_back(std::move(condition));
      }
    }
  }

  Condition::Value value_of(const Condition& op, const value& v) {
    using Test = Condition::Test;
    Condition::Value out;
    const std::string text = text_of(v);
    switch (op.test) {
      case Test::kText:
      case Test::kTextIgnoreCase:
        out.text = pattern(v, Wildcards::kNo);
        break;
      case Test::kTextLike:
      case Test::kArn:
        out.text = pattern(v, Wildcards::kYes);
        break;
      case Test::kNumber:
        out.number = parse_policy_number(text);
        break;
      case Test::kDate:
        out.date = parse_policy_date(text);
        break;
      case Test::kIp:
        out.range = parse_ip_range(text);
        break;
      case Test::kBinary:
        out.plain = base64_decode(text).value_or(std::string());
        break;
      case Test::kBool:
      case Test::kNull:
        out.plain = keys::fold(text);
        break;
    }
    return out;
  }

  Variables variables_;
  bool good_ = true;
};

}  // namespace

Result<Policy> compile_policy(std::string_view text) {
  boost::system::error_code failed;
  const value document = boost::json::parse({text.data(), text.size()}, failed);
  const auto* top = failed ? nullptr : document.if_object();
  const auto* statements = top ? member(*top, "Statement") : nullptr;
  if (!statements) return fail(ErrorCode::kInvalidArgument, "the policy can't be read");
  const auto* version = member(*top, "Version");
  const bool current =
      version && version->is_string() && view(version->get_string()) == "2012-10-17";
  Compiler compiler(current ? Variables::kYes : Variables::kNo);
  Policy out;
  bool good = true;
  each(*statements, [&](const value& v) { good = good && compiler.add(v, out); });
  if (!good) return fail(ErrorCode::kInvalidArgument, "a statement of the policy can't be read");
  return out;
}

}  // namespace kiln::iam
