// SPDX-License-Identifier: Apache-2.0
#include "iam/request_keys.h"

#include "iam/keys.h"

namespace kiln::iam {
namespace {

using Kind = aws::Principal::Kind;
using Values = RequestKeys::Values;
using Context = aws::RequestContext;

Values one(std::string text) { return std::vector<std::string>{std::move(text)}; }
Values some(const std::string& text) { return text.empty() ? Values{} : one(text); }
Values flag(bool value) { return one(value ? "true" : "false"); }

bool is_signed(const Context& c) { return c.principal.kind != Kind::kAnonymous; }
bool is_service(const Context& c) { return c.principal.kind == Kind::kService; }

Values principal_arn(const Context& c) {
  const auto& p = c.principal;
  return some(p.kind == Kind::kAssumedRole ? p.role_arn : p.arn);
}

Values principal_type(const Context& c) {
  switch (c.principal.kind) {
    case Kind::kAnonymous:
      return one("Anonymous");
    case Kind::kRoot:
      return one("Account");
    case Kind::kUser:
      return one("User");
    case Kind::kAssumedRole:
      return one("AssumedRole");
    case Kind::kFederatedUser:
      return one("FederatedUser");
    case Kind::kService:
      return one("Service");
  }
  return {};
}

Values user_name(const Context& c) {
  if (c.principal.kind != Kind::kUser) return {};
  return some(c.principal.arn.substr(c.principal.arn.rfind('/') + 1));
}

Values token_issued(const Context& c) {
  if (c.principal.token_issued.ms == 0) return {};
  return one(format_iso8601(c.principal.token_issued));
}

// Nobody has a second factor here; AWS shows the key for temporary credentials only.
Values second_factor(const Context& c) {
  const bool temporary = c.principal.token_issued.ms != 0 || c.principal.kind == Kind::kAssumedRole;
  return temporary ? flag(false) : Values{};
}

Values account(const Context& c) {
  return is_signed(c) ? some(c.principal.account) : one("anonymous");
}

struct GlobalKey {
  std::string_view name;
  Values (*value)(const Context&);
};
constexpr GlobalKey kGlobalKeys[] = {
    {"aws:currenttime", [](const Context& c) { return one(format_iso8601(c.now)); }},
    {"aws:epochtime", [](const Context& c) { return one(std::to_string(c.now.ms / 1'000)); }},
    {"aws:sourceip", [](const Context& c) { return some(c.source_ip); }},
    {"aws:securetransport", [](const Context& c) { return flag(c.scheme == "https"); }},
    {"aws:useragent", [](const Context& c) { return some(c.user_agent); }},
    {"aws:referer", [](const Context& c) { return some(c.referer); }},
    {"aws:requestedregion", [](const Context& c) { return some(c.region); }},
    {"aws:principalarn", principal_arn},
    {"aws:principalaccount", account},
    {"aws:principaltype", principal_type},
    {"aws:userid",
     [](const Context& c) { return is_signed(c) ? some(c.principal.user_id) : one("anonymous"); }},
    {"aws:username", user_name},
    {"aws:principalisawsservice",
     [](const Context& c) { return is_signed(c) ? flag(is_service(c)) : Values{}; }},
    {"aws:principalservicename",
     [](const Context& c) { return is_service(c) ? some(c.principal.service) : Values{}; }},
    {"aws:principalservicenameslist",
     [](const Context& c) { return is_service(c) ? some(c.principal.service) : Values{}; }},
    {"aws:sourceidentity", [](const Context& c) { return some(c.principal.source_identity); }},
    {"aws:tokenissuetime", token_issued},
    {"aws:multifactorauthpresent", second_factor},
    {"aws:viaawsservice", [](const Context&) { return flag(false); }},
};

// The value of `name` (lower case) in `tags`: keys of tags have no case in conditions.
const std::string* tag(const TagMap* tags, std::string_view name) {
  if (!tags) return nullptr;
  for (const auto& [key, value] : *tags) {
    if (keys::fold(key) == name) return &value;
  }
  return nullptr;
}

Values tag_value(const TagMap* tags, std::string_view name) {
  const auto* value = tag(tags, name);
  return value ? one(*value) : Values{};
}

}  // namespace

Values RequestKeys::find(std::string_view key) const {
  for (const auto& [name, values] : facts_.own_keys) {
    if (name.size() == key.size() && keys::fold(name) == key) return values;
  }
  constexpr std::string_view kPrincipalTag = "aws:principaltag/", kResourceTag = "aws:resourcetag/";
  if (key.starts_with(kPrincipalTag)) {
    const auto name = key.substr(kPrincipalTag.size());
    const auto of_session = tag_value(&facts_.context.principal.session_tags, name);
    return of_session ? of_session : tag_value(facts_.principal_tags, name);
  }
  if (key.starts_with(kResourceTag)) {
    return tag_value(facts_.resource_tags, key.substr(kResourceTag.size()));
  }
  if (key == "aws:resourceaccount" || key == "s3:resourceaccount") {
    return some(std::string(facts_.owner));
  }
  for (const auto& global : kGlobalKeys) {
    if (global.name == key) return global.value(facts_.context);
  }
  return {};
}

}  // namespace kiln::iam
