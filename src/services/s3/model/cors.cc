// SPDX-License-Identifier: Apache-2.0
#include "services/s3/model/cors.h"

#include "base/fields.h"
#include "services/s3/model/errors.h"

#include <algorithm>
#include <array>

namespace kiln::s3 {
namespace {

constexpr std::size_t kMaxRules = 100;
constexpr std::array<std::string_view, 5> kMethods = {"GET", "PUT", "HEAD", "POST", "DELETE"};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out;
}

// `*` stands for any text, also for none.
bool fits(std::string_view pattern, std::string_view text) {
  const auto star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == text;
  const std::string_view before = pattern.substr(0, star);
  const std::string_view after = pattern.substr(star + 1);
  return text.size() >= before.size() + after.size() && text.starts_with(before) &&
         text.ends_with(after);
}

bool fits_one(const std::vector<std::string>& patterns, std::string_view text) {
  return std::ranges::any_of(patterns, [text](const auto& p) { return fits(p, text); });
}

// The names in a comma-separated list, in lower case.
std::vector<std::string> names_of(std::string_view list) {
  std::vector<std::string> out;
  while (!list.empty()) {
    const auto comma = list.find(',');
    std::string_view name = list.substr(0, comma);
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
    while (name.starts_with(' ') || name.starts_with('\t')) name.remove_prefix(1);
    while (name.ends_with(' ') || name.ends_with('\t')) name.remove_suffix(1);
    if (!name.empty()) out.push_back(lower(name));
  }
  return out;
}

std::string joined(const std::vector<std::string>& texts) {
  std::string out;
  for (const auto& text : texts) out.append(out.empty() ? "" : ", ").append(text);
  return out;
}

bool allows_headers(const CorsRule& rule, std::string_view asked) {
  return std::ranges::all_of(names_of(asked), [&rule](const std::string& name) {
    return std::ranges::any_of(rule.headers,
                               [&name](const auto& pattern) { return fits(lower(pattern), name); });
  });
}

bool many_wildcards(const std::string& text) { return std::ranges::count(text, '*') > 1; }

aws::ApiError second_wildcard(std::string_view element, const std::string& value) {
  return invalid_request(std::string(element) + " \"" + value +
                         "\" can not have more than one wildcard.");
}

void put(FieldWriter& out, const std::vector<std::string>& texts) {
  out.number(static_cast<std::int64_t>(texts.size()));
  for (const auto& text : texts) out.text(text);
}

std::vector<std::string> take(FieldReader& in) {
  std::vector<std::string> out;
  for (auto left = in.number(); left > 0 && in.status(); --left) out.push_back(in.text());
  return out;
}

aws::ApiError forbidden(std::string message, std::string_view method, std::string_view type) {
  return {"AccessForbidden",
          403,
          std::move(message),
          {{"Method", std::string(method.empty() ? "OPTIONS" : method)},
           {"ResourceType", std::string(type)}},
          {}};
}

}  // namespace

std::string encode(const CorsRules& rules) {
  FieldWriter out;
  out.number(static_cast<std::int64_t>(rules.size()));
  for (const CorsRule& rule : rules) {
    out.text(rule.id);
    for (const auto* list : {&rule.headers, &rule.methods, &rule.origins, &rule.exposed})
      put(out, *list);
    out.number(rule.max_age_seconds ? 1 : 0).number(rule.max_age_seconds.value_or(0));
  }
  return out.bytes();
}

Result<CorsRules> decode_cors(std::string_view bytes) {
  FieldReader in(bytes);
  CorsRules out;
  for (auto left = in.number(); left > 0 && in.status(); --left) {
    CorsRule rule;
    rule.id = in.text();
    for (auto* list : {&rule.headers, &rule.methods, &rule.origins, &rule.exposed})
      *list = take(in);
    const bool has_age = in.number() != 0;
    const auto age = static_cast<std::int32_t>(in.number());
    if (has_age) rule.max_age_seconds = age;
    out.push_back(std::move(rule));
  }
  KILN_TRY_VOID(in.status());
  return out;
}

aws::ApiResult<void> check_cors(const CorsRules& rules) {
  if (rules.empty()) return aws::fail(malformed_xml());
  if (rules.size() > kMaxRules) {
    return aws::fail(
        invalid_request("The number of CORS rules should not exceed allowed limit of 100 rules."));
  }
  for (const CorsRule& rule : rules) {
    if (rule.methods.empty() || rule.origins.empty()) return aws::fail(malformed_xml());
    for (const auto& method : rule.methods) {
      if (std::ranges::find(kMethods, method) == kMethods.end()) {
        return aws::fail(invalid_request(
            "Found unsupported HTTP method in CORS config. Unsupported method is " + method));
      }
    }
    for (const auto& origin : rule.origins)
      if (many_wildcards(origin)) return aws::fail(second_wildcard("AllowedOrigin", origin));
    for (const auto& header : rule.headers)
      if (many_wildcards(header)) return aws::fail(second_wildcard("AllowedHeader", header));
    for (const auto& header : rule.exposed) {
      if (header.find('*') == std::string::npos) continue;
      return aws::fail(invalid_request("ExposeHeader \"" + header +
                                       "\" contains wildcard. We currently do not support "
                                       "wildcard for ExposeHeader."));
    }
  }
  return {};
}

const CorsRule* find_cors_rule(const CorsRules& rules, const CorsQuestion& question) {
  const auto found = std::ranges::find_if(rules, [&question](const CorsRule& rule) {
    return fits_one(rule.origins, question.origin) &&
           std::ranges::find(rule.methods, question.method) != rule.methods.end() &&
           allows_headers(rule, question.headers);
  });
  return found == rules.end() ? nullptr : &*found;
}

bool knows_origin(const CorsRules& rules, std::string_view origin) {
  return std::ranges::any_of(
      rules, [origin](const CorsRule& rule) { return fits_one(rule.origins, origin); });
}

std::vector<std::pair<std::string, std::string>> cors_headers(const CorsRule& rule,
                                                              const CorsQuestion& question) {
  const bool any = std::ranges::find(rule.origins, "*") != rule.origins.end();
  std::vector<std::pair<std::string, std::string>> out;
  out.emplace_back("Access-Control-Allow-Origin", any ? "*" : std::string(question.origin));
  if (const auto asked = names_of(question.headers); !asked.empty())
    out.emplace_back("Access-Control-Allow-Headers", joined(asked));
  out.emplace_back("Access-Control-Allow-Methods", joined(rule.methods));
  if (!rule.exposed.empty())
    out.emplace_back("Access-Control-Expose-Headers", joined(rule.exposed));
  if (rule.max_age_seconds)
    out.emplace_back("Access-Control-Max-Age", std::to_string(*rule.max_age_seconds));
  if (!any) out.emplace_back("Access-Control-Allow-Credentials", "true");
  out.emplace_back("Vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method");
  return out;
}

aws::ApiError cors_needs_origin() {
  return {"BadRequest", 400, "Insufficient information. Origin request header needed.", {}, {}};
}

aws::ApiError cors_without_bucket(std::string_view method) {
  return forbidden("CORSResponse: Bucket not found", method, "BUCKET");
}

aws::ApiError cors_not_enabled(std::string_view method) {
  return forbidden("CORSResponse: CORS is not enabled for this bucket.", method, "BUCKET");
}

// S3's own spelling.
aws::ApiError cors_not_allowed(std::string_view method, bool of_object) {
  return forbidden(
      "CORSResponse: This CORS request is not allowed. This is usually because the evalution of "
      "Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers "
      "are not whitelisted by the resource's CORS spec.",
      method, of_object ? "OBJECT" : "BUCKET");
}

}  // namespace kiln::s3
