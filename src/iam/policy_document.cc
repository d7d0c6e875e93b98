// SPDX-License-Identifier: Apache-2.0
#include "iam/policy_document.h"

#include "base/time.h"
#include "iam/policy_json.h"
#include "iam/wildcard.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>

namespace kiln::iam {
namespace {

using namespace policy_json;
using Fault = std::optional<std::string>;
constexpr std::string_view kSyntax = "Syntax errors in policy.";
constexpr std::string_view kLegacy = "The policy failed legacy parsing";

std::string lower(std::string_view text) {
  std::string out(text);
  for (auto& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

template <std::size_t N>
bool one_of(std::string_view text, const std::array<std::string_view, N>& names) {
  return std::ranges::find(names, text) != names.end();
}

// Operator without set prefix and IfExists suffix, in lower case.
std::string base_operator(std::string_view name) {
  std::string out = lower(name);
  for (const std::string_view prefix : {"forallvalues:", "foranyvalue:"}) {
    if (out.starts_with(prefix)) out.erase(0, prefix.size());
  }
  if (out != "null" && out.ends_with("ifexists")) out.resize(out.size() - 8);
  return out;
}

bool is_operator(std::string_view name) {
  static constexpr std::array<std::string_view, 26> kNames = {"stringequals",
                                                              "stringnotequals",
                                                              "stringequalsignorecase",
                                                              "stringnotequalsignorecase",
                                                              "stringlike",
                                                              "stringnotlike",
                                                              "numericequals",
                                                              "numericnotequals",
                                                              "numericlessthan",
                                                              "numericlessthanequals",
                                                              "numericgreaterthan",
                                                              "numericgreaterthanequals",
                                                              "dateequals",
                                                              "datenotequals",
                                                              "datelessthan",
                                                              "datelessthanequals",
                                                              "dategreaterthan",
                                                              "dategreaterthanequals",
                                                              "bool",
                                                              "binaryequals",
                                                              "ipaddress",
                                                              "notipaddress",
                                                              "arnequals",
                                                              "arnlike",
                                                              "arnnotequals",
                                                              "arnnotlike"};
  const std::string base = base_operator(name);
  return base == "null" || one_of(base, kNames);
}

bool condition_well_formed(const value& condition) {
  const auto* operators = condition.if_object();
  if (!operators) return false;
  for (const auto& [name, tests] : *operators) {
    const auto* keys = tests.if_object();
    if (!keys) return false;
    if (!keys->empty() && !is_operator({name.data(), name.size()})) return false;
    for (const auto& test : *keys) {
      bool scalar = true;
      each(test.value(), [&scalar](const value& v) {
        scalar = scalar && (v.is_string() || v.is_bool() || v.is_number());
      });
      if (!scalar) return false;
    }
  }
  return true;
}

bool principal_well_formed(const value& principal) {
  if (const auto* text = principal.if_string()) return view(*text) == "*";
  const auto* kinds = principal.if_object();
  if (!kinds || kinds->empty()) return false;
  for (const auto& kind : *kinds) {
    if (!is_strings(kind.value())) return false;
  }
  return true;
}

bool statement_well_formed(const value& v) {
  static constexpr std::array<std::string_view, 9> kElements = {
      "Sid",       "Effect",   "Principal",   "NotPrincipal", "Action",
      "NotAction", "Resource", "NotResource", "Condition"};
  const auto* statement = v.if_object();
  if (!statement) return false;
  for (const auto& element : *statement) {
    if (!one_of({element.key().data(), element.key().size()}, kElements)) return false;
  }
  const auto has = [statement](std::string_view name) {
    return member(*statement, name) != nullptr;
  };
  if ((has("Action") && has("NotAction")) || (has("Resource") && has("NotResource")) ||
      (has("Principal") && has("NotPrincipal"))) {
    return false;
  }
  const auto* effect = member(*statement, "Effect");
  if (!effect || !effect->is_string()) return false;
  const auto folded = lower(view(effect->get_string()));
  if (folded != "allow" && folded != "deny") return false;
  for (const std::string_view name : {"Action", "NotAction", "Resource", "NotResource"}) {
    if (const auto* list = member(*statement, name); list && !is_strings(*list)) return false;
  }
  for (const std::string_view name : {"Principal", "NotPrincipal"}) {
    if (const auto* p = member(*statement, name); p && !principal_well_formed(*p)) return false;
  }
  if (const auto* sid = member(*statement, "Sid"); sid && !sid->is_string()) return false;
  const auto* condition = member(*statement, "Condition");
  return !condition || condition_well_formed(*condition);
}

bool document_well_formed(const object& document) {
  static constexpr std::array<std::string_view, 3> kElements = {"Version", "Id", "Statement"};
  for (const auto& element : document) {
    if (!one_of({element.key().data(), element.key().size()}, kElements)) return false;
  }
  if (const auto* version = member(document, "Version")) {
    static constexpr std::array<std::string_view, 2> kVersions = {"2008-10-17", "2012-10-17"};
    if (!version->is_string() || !one_of(view(version->get_string()), kVersions)) return false;
  }
  if (const auto* id = member(document, "Id"); id && !id->is_string()) return false;
  const auto* statements = member(document, "Statement");
  if (!statements) return false;
  if (const auto* list = statements->if_array(); list && list->empty()) return false;
  bool good = true;
  each(*statements, [&good](const value& s) { good = good && statement_well_formed(s); });
  return good;
}

// "2026", "2026-01", "2026-01-31", full ISO 8601, or seconds since 1970.
bool is_date_literal(const value& v) {
  if (v.is_number()) return true;
  const auto* string = v.if_string();
  if (!string) return false;
  const std::string_view text = view(*string);
  if (!text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; })) {
    return true;
  }
  if (text.size() == 7) return parse_iso8601(std::string(text) + "-01T00:00:00Z").has_value();
  if (text.size() == 10) return parse_iso8601(std::string(text) + "T00:00:00Z").has_value();
  if (text.size() == 17) return parse_iso8601(std::string(text.substr(0, 16)) + ":00Z").has_value();
  return parse_iso8601(text).has_value();
}

bool legacy_resource(std::string_view resource) {
  if (resource == "*") return true;
  if (std::ranges::count(resource, ':') < 5 && resource.find("::") != std::string_view::npos) {
    return false;
  }
  const auto first = resource.find(':');
  if (first == std::string_view::npos) return true;
  const auto second = resource.find(':', first + 1);
  if (second == std::string_view::npos) return true;
  return second + 1 < resource.size() && resource[second + 1] != ':';
}

bool passes_legacy(const object& statement) {
  const std::string_view effect = view(member(statement, "Effect")->get_string());
  if (effect != "Allow" && effect != "Deny") return false;
  bool good = true;
  for (const std::string_view name : {"Resource", "NotResource"}) {
    if (const auto* list = member(statement, name)) {
      each(*list,
           [&good](const value& v) { good = good && legacy_resource(view(v.get_string())); });
    }
  }
  if (const auto* condition = member(statement, "Condition")) {
    for (const auto& [op, tests] : condition->get_object()) {
      if (!base_operator({op.data(), op.size()}).starts_with("date")) continue;
      for (const auto& test : tests.get_object()) {
        each(test.value(), [&good](const value& v) { good = good && is_date_literal(v); });
      }
    }
  }
  return good;
}

// Parts of "arn:partition:service:region:account:rest"; missing ones are empty.
struct ArnParts {
  std::array<std::string_view, 6> part;
  std::size_t count = 0;
};
ArnParts split_arn(std::string_view text) {
  ArnParts out;
  while (out.count < 5) {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) break;
    out.part[out.count++] = text.substr(0, colon);
    text.remove_prefix(colon + 1);
  }
  out.part[out.count++] = text;
  return out;
}

Fault iam_path_fault(std::string_view rest) {
  static constexpr std::array<std::string_view, 14> kStarts = {"user/",
                                                               "federated-user/",
                                                               "role/",
                                                               "group/",
                                                               "instance-profile/",
                                                               "mfa/",
                                                               "server-certificate/",
                                                               "policy/",
                                                               "sms-mfa/",
                                                               "saml-provider/",
                                                               "oidc-provider/",
                                                               "report/",
                                                               "access-report/",
                                                               "root"};
  if (rest == "*") return {};
  for (const auto start : kStarts) {
    if (rest.starts_with(start)) return {};
  }
  return "IAM resource path must either be \"*\" or start with user/, federated-user/, role/, "
         "group/, instance-profile/, mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, "
         "oidc-provider/, report/, access-report/.";
}

Fault resource_fault(std::string_view resource) {
  if (resource == "*") return {};
  const std::string text(resource);
  const ArnParts arn = split_arn(resource);
  if (arn.count < 2 || arn.part[0] != "arn") {
    return "Resource " + text + " must be in ARN format or \"*\".";
  }
  const std::string_view partition = arn.part[1];
  if (partition != "*" && partition != "aws" && !partition.starts_with("aws-")) {
    std::string shown = "arn:" + std::string(partition);
    for (std::size_t i = 2; i < 6; ++i) {
      shown += ':';
      shown += i < arn.count && !(arn.part[i].empty() && i + 1 == arn.count) ? arn.part[i] : "*";
    }
    return "Partition \"" + std::string(partition) + "\" is not valid for resource \"" + shown +
           "\".";
  }
  if (arn.count < 3) return "Resource vendor must be fully qualified and cannot contain regexes.";
  const std::string_view service = arn.part[2], region = arn.count > 3 ? arn.part[3] : "";
  const std::string_view rest = arn.count == 6 ? arn.part[5] : "";
  if (service == "iam" && !region.empty() && region != "*") {
    return "IAM resource " + text + " cannot contain region information.";
  }
  if (service == "s3" && !region.empty() && !rest.starts_with("accesspoint")) {
    return "Resource " + text + " can not contain region information.";
  }
  if (service == "iam" && arn.count == 6) return iam_path_fault(rest);
  return {};
}

Fault action_fault(std::string_view action) {
  if (action == "*") return {};
  const auto colons = std::ranges::count(action, ':');
  if (colons == 0)
    return "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.";
  if (colons > 1) return "Actions/Condition can contain only one colon.";
  const std::string_view vendor = action.substr(0, action.find(':'));
  const auto fine = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.';
  };
  if (vendor.empty() || !std::ranges::all_of(vendor, fine)) {
    return "Vendor " + std::string(vendor) + " is not valid";
  }
  return {};
}

const value* either(const object& statement, std::string_view a, std::string_view b) {
  const auto* found = member(statement, a);
  return found ? found : member(statement, b);
}

bool is_empty(const value* v) { return !v || (v->is_array() && v->get_array().empty()); }

// The first fault that `check` finds in a string or list of strings.
template <class Check>
Fault first_fault(const value* list, Check check) {
  Fault out;
  if (!list) return out;
  each(*list, [&](const value& v) {
    if (!out) out = check(view(v.get_string()));
  });
  return out;
}

Fault identity_fault(const std::vector<const object*>& statements) {
  for (const auto* s : statements) {
    if (auto f = first_fault(either(*s, "Resource", "NotResource"), resource_fault)) return f;
  }
  for (const auto* s : statements) {
    if (auto f = first_fault(either(*s, "Action", "NotAction"), action_fault)) return f;
  }
  for (const auto* s : statements) {
    if (is_empty(either(*s, "Resource", "NotResource"))) {
      return "Policy statement must contain resources.";
    }
    if (either(*s, "Principal", "NotPrincipal")) {
      return "Policy document should not specify a principal.";
    }
  }
  return {};
}

Fault trust_action_fault(std::string_view action) {
  static constexpr std::array<std::string_view, 6> kActions = {
      "sts:assumerole", "sts:assumerolewithsaml", "sts:assumerolewithwebidentity",
      "sts:tagsession", "sts:setsourceidentity",  "sts:setcontext"};
  if (auto f = action_fault(action)) return f;
  const std::string folded = lower(action);
  for (const auto known : kActions) {
    if (folded != "*" && wildcard_match(folded, known)) return {};
  }
  return "Trust Policy statement actions can only be sts:AssumeRole, sts:AssumeRoleWithSAML,  and "
         "sts:AssumeRoleWithWebIdentity";
}

bool is_aws_principal(std::string_view text) {
  if (text == "*") return true;
  const auto digits = [](std::string_view t) {
    return t.size() == 12 && std::ranges::all_of(t, [](char c) { return c >= '0' && c <= '9'; });
  };
  if (digits(text)) return true;
  if (text.size() >= 16 && (text.starts_with("AROA") || text.starts_with("AIDA"))) return true;
  const ArnParts arn = split_arn(text);
  if (arn.count != 6 || arn.part[0] != "arn" || !arn.part[1].starts_with("aws")) return false;
  if ((arn.part[2] != "iam" && arn.part[2] != "sts") || !arn.part[3].empty()) return false;
  const std::string_view rest = arn.part[5];
  if (!digits(arn.part[4]) || rest.find_first_of("*?") != std::string_view::npos) return false;
  for (const std::string_view start : {"user/", "role/", "assumed-role/", "federated-user/"}) {
    if (rest.starts_with(start) && rest.size() > start.size()) return true;
  }
  return rest == "root";
}

Fault principal_fault(const value& principal) {
  const auto* kinds = principal.if_object();
  if (!kinds) return {};
  for (const auto& kind : *kinds) {
    const std::string name(kind.key().data(), kind.key().size());
    const auto check = [&name](std::string_view text) -> Fault {
      const bool good = name == "AWS"       ? is_aws_principal(text)
                        : name == "Service" ? text.find(".amazonaws.com") != std::string_view::npos
                        : name == "Federated" ? !text.empty()
                                              : name == "CanonicalUser";
      if (good) return {};
      const std::string shown = name == "Service" ? "SERVICE" : name;
      return "Invalid principal in policy: \"" + shown + "\":\"" + std::string(text) + "\"";
    };
    if (auto f = first_fault(&kind.value(), check)) return f;
  }
  return {};
}

Fault trust_fault(const std::vector<const object*>& statements) {
  for (const auto* s : statements) {
    if (either(*s, "Resource", "NotResource")) return "Has prohibited field Resource.";
  }
  for (const auto* s : statements) {
    if (auto f = first_fault(either(*s, "Action", "NotAction"), trust_action_fault)) return f;
  }
  for (const auto* s : statements) {
    const auto* principal = either(*s, "Principal", "NotPrincipal");
    if (!principal) return "Missing required field Principal";
    if (auto f = principal_fault(*principal)) return f;
  }
  return {};
}

}  // namespace

std::size_t policy_size(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return c != ' ' && c != '\t' && c != '\n' && c != '\r'; }));
}

std::optional<std::string> policy_fault(std::string_view text, PolicyKind kind) {
  boost::system::error_code failed;
  const value document = boost::json::parse({text.data(), text.size()}, failed);
  const auto* top = failed ? nullptr : document.if_object();
  if (!top || !document_well_formed(*top)) return std::string(kSyntax);
  const auto* version = member(*top, "Version");
  // Trust policies of the old version are still accepted; many templates carry them.
  if (kind == PolicyKind::kIdentity && (!version || view(version->get_string()) != "2012-10-17")) {
    return "Policy document must be version 2012-10-17 or greater.";
  }
  std::vector<const object*> statements;
  each(*member(*top, "Statement"),
       [&statements](const value& s) { statements.push_back(&s.get_object()); });
  std::set<std::string_view> sids;
  for (const auto* s : statements) {
    if (!passes_legacy(*s)) return std::string(kLegacy);
  }
  for (const auto* s : statements) {
    const auto* sid = member(*s, "Sid");
    if (sid && !sid->get_string().empty() && !sids.insert(view(sid->get_string())).second) {
      return "Statement IDs (SID) in a single policy must be unique.";
    }
  }
  for (const auto* s : statements) {
    if (is_empty(either(*s, "Action", "NotAction")))
      return "Policy statement must contain actions.";
  }
  return kind == PolicyKind::kTrust ? trust_fault(statements) : identity_fault(statements);
}

}  // namespace kiln::iam
