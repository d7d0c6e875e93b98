// SPDX-License-Identifier: Apache-2.0
#include "services/s3/model/website.h"

#include "base/crypto.h"
#include "base/encoding.h"
#include "base/fields.h"
#include "services/s3/model/errors.h"

#include <algorithm>
#include <cstdlib>

namespace kiln::s3 {
namespace {

constexpr std::size_t kMaxRules = 50;

void put(FieldWriter& out, const std::optional<std::string>& text) {
  out.number(text ? 1 : 0).text(text.value_or(""));
}

std::optional<std::string> take(FieldReader& in) {
  const bool there = in.number() != 0;
  std::string text = in.text();
  return there ? std::optional(std::move(text)) : std::nullopt;
}

bool is_protocol(const std::optional<std::string>& text) {
  return !text || *text == "http" || *text == "https";
}

bool is_code(std::string_view text, std::string_view first_digits) {
  return text.size() == 3 && first_digits.contains(text[0]) &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

aws::ApiResult<void> check_rule(const RoutingRule& rule) {
  if (rule.has_condition && !rule.key_prefix && !rule.error_code) {
    return aws::fail(invalid_request(
        "Condition cannot be empty. To redirect all requests without a condition, the condition "
        "element shouldn't be present."));
  }
  if (rule.replace_key && rule.replace_prefix) {
    return aws::fail(
        invalid_request("You can only define ReplaceKeyPrefix or ReplaceKey but not both."));
  }
  if (!is_protocol(rule.protocol)) {
    return aws::fail(invalid_request(
        "Invalid protocol, protocol can be http or https. If not defined the protocol will be "
        "selected automatically."));
  }
  if (rule.error_code && !is_code(*rule.error_code, "45")) {
    return aws::fail(invalid_request("The provided HTTP error code (" + *rule.error_code +
                                     ") is not valid. Valid codes are 4XX or 5XX."));
  }
  if (rule.code && (!is_code(*rule.code, "3") || *rule.code == "300")) {
    return aws::fail(invalid_request("The provided HTTP redirect code (" + *rule.code +
                                     ") is not valid. Valid codes are 3XX except 300."));
  }
  if (!rule.host && !rule.protocol && !rule.code && !rule.replace_key && !rule.replace_prefix)
    return aws::fail(malformed_xml());
  return {};
}

bool fits(const RoutingRule& rule, std::string_view key, int error) {
  if (rule.error_code.has_value() != (error != 0)) return false;
  if (rule.error_code && std::atoi(rule.error_code->c_str()) != error) return false;
  return key.starts_with(rule.key_prefix.value_or(""));
}

std::string page_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else {
      out.push_back(c);
    }
  }
  return out;
}

void append_item(std::string& out, std::string_view name, std::string_view value) {
  out.append("<li>").append(name).append(": ").append(page_text(value)).append("</li>\n");
}

void append_error(std::string& out, const aws::ApiError& error) {
  append_item(out, "Code", error.code);
  append_item(out, "Message", error.message);
  for (const auto& [name, value] : error.fields) append_item(out, name, value);
}

std::string_view phrase(int status) {
  switch (status) {
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 412:
      return "Precondition Failed";
    case 416:
      return "Requested Range Not Satisfiable";
    case 503:
      return "Slow Down";
    default:
      return status < 500 ? "Error" : "Internal Server Error";
  }
}

}  // namespace

std::string encode(const Website& website) {
  FieldWriter out;
  for (const auto* text : {&website.index_suffix, &website.error_key, &website.redirect_host,
                           &website.redirect_protocol})
    put(out, *text);
  out.number(static_cast<std::int64_t>(website.rules.size()));
  for (const RoutingRule& rule : website.rules) {
    out.number(rule.has_condition ? 1 : 0);
    for (const auto* text : {&rule.key_prefix, &rule.error_code, &rule.host, &rule.protocol,
                             &rule.code, &rule.replace_prefix, &rule.replace_key})
      put(out, *text);
  }
  return out.bytes();
}

Result<Website> decode_website(std::string_view bytes) {
  FieldReader in(bytes);
  Website out;
  for (auto* text : {&out.index_suffix, &out.error_key, &out.redirect_host, &out.redirect_protocol})
    *text = take(in);
  for (auto left = in.number(); left > 0 && in.status(); --left) {
    RoutingRule rule;
    rule.has_condition = in.number() != 0;
    for (auto* text : {&rule.key_prefix, &rule.error_code, &rule.host, &rule.protocol, &rule.code,
                       &rule.replace_prefix, &rule.replace_key})
      *text = take(in);
    out.rules.push_back(std::move(rule));
  }
  KILN_TRY_VOID(in.status());
  return out;
}

aws::ApiResult<void> check_website(const Website& website) {
  if (website.redirect_host) {
    if (website.index_suffix || website.error_key || !website.rules.empty()) {
      return aws::fail(invalid_argument(
          "RedirectAllRequestsTo cannot be provided in conjunction with other Routing Rules.",
          "RedirectAllRequestsTo", "not null"));
    }
    if (website.redirect_host->empty()) return aws::fail(malformed_xml());
    if (is_protocol(website.redirect_protocol)) return {};
    return aws::fail(invalid_request(
        "Invalid protocol, protocol can be http or https. If not defined the protocol will be "
        "selected automatically."));
  }
  if (!website.index_suffix) {
    return aws::fail(invalid_argument(
        "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty",
        "IndexDocument", "null"));
  }
  if (website.index_suffix->empty() || website.index_suffix->contains('/')) {
    return aws::fail(invalid_argument("The IndexDocument Suffix is not well formed",
                                      "IndexDocument", *website.index_suffix));
  }
  if (website.error_key && website.error_key->empty()) {
    return aws::fail(
        invalid_argument("The ErrorDocument Key is not well formed", "ErrorDocument", ""));
  }
  if (website.rules.size() > kMaxRules) {
    return aws::fail(invalid_request(std::to_string(website.rules.size()) +
                                     " routing rules provided, the number of routing rules in a "
                                     "website configuration is limited to 50."));
  }
  for (const RoutingRule& rule : website.rules)
    if (auto good = check_rule(rule); !good) return good;
  return {};
}

std::optional<std::string> website_bucket(std::string_view host) {
  constexpr std::string_view kLabel = ".s3-website";
  std::string name(host.substr(0, host.find(':')));
  for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  const auto at = name.rfind(kLabel);
  if (at == std::string::npos || at == 0) return std::nullopt;
  const std::string_view rest = std::string_view(name).substr(at + kLabel.size());
  if (!rest.starts_with('-') && !rest.starts_with('.')) return std::nullopt;
  return name.substr(0, at);
}

std::optional<WebsiteRedirect> find_redirect(const Website& website, std::string_view key,
                                             int error, const WebsiteAddress& address) {
  if (website.redirect_host) {
    if (error != 0) return std::nullopt;
    return WebsiteRedirect{301, website.redirect_protocol.value_or(std::string(address.protocol)) +
                                    "://" + *website.redirect_host + "/" +
                                    percent_encode(key, true)};
  }
  const auto rule = std::ranges::find_if(
      website.rules, [&](const RoutingRule& one) { return fits(one, key, error); });
  if (rule == website.rules.end()) return std::nullopt;
  std::string target(key);
  if (rule->replace_key) target = *rule->replace_key;
  if (rule->replace_prefix)
    target = *rule->replace_prefix + target.substr(rule->key_prefix.value_or("").size());
  WebsiteRedirect out;
  if (rule->code) out.status = std::atoi(rule->code->c_str());
  out.location = rule->protocol.value_or(std::string(address.protocol)) + "://" +
                 rule->host.value_or(std::string(address.host)) + "/" +
                 percent_encode(target, true);
  return out;
}

std::string error_page(const aws::ApiError& error, std::string_view request_id,
                       const aws::ApiError* of_document) {
  const std::string title =
      std::to_string(error.http_status) + " " + std::string(phrase(error.http_status));
  std::string out =
      "<html>\n<head><title>" + title + "</title></head>\n<body>\n<h1>" + title + "</h1>\n<ul>\n";
  append_error(out, error);
  append_item(out, "RequestId", request_id);
  append_item(out, "HostId", base64_encode(sha256_hex(request_id)));
  out += "</ul>\n";
  if (of_document) {
    out +=
        "<h3>An Error Occurred While Attempting to Retrieve a Custom Error Document</h3>\n<ul>\n";
    append_error(out, *of_document);
    out += "</ul>\n";
  }
  return out + "<hr/>\n</body>\n</html>\n";
}

}  // namespace kiln::s3
