// SPDX-License-Identifier: Apache-2.0
#include "invoke/url/cors.h"

#include <algorithm>
#include <string>
#include <vector>

namespace kiln::invoke {
namespace {

using Strings = std::optional<std::vector<std::string>>;

bool contains(const Strings& list, std::string_view value) {
  return list && std::ranges::any_of(*list, [value](const std::string& item) {
           return item == "*" || http::equals_ignore_case(item, value);
         });
}

bool has_wildcard(const Strings& list) {
  return list && std::ranges::find(*list, "*") != list->end();
}

std::string joined(const std::vector<std::string>& list) {
  std::string out;
  for (const auto& item : list) out.append(out.empty() ? "" : ",").append(item);
  return out;
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

// Whether each of the comma-separated `names` is in `list`.
bool contains_all(const Strings& list, std::string_view names) {
  while (!names.empty()) {
    const auto comma = names.find(',');
    const auto name = trimmed(names.substr(0, comma));
    if (!name.empty() && !contains(list, name)) return false;
    names.remove_prefix(comma == std::string_view::npos ? names.size() : comma + 1);
  }
  return true;
}

// True when the Origin may; then it is said so.
bool allow_origin(const lambda::UrlCors& cors, std::string_view origin, http::Headers& out) {
  if (!contains(cors.allow_origins, origin)) return false;
  const bool credentials = cors.allow_credentials.value_or(false);
  // With credentials browsers take no wildcard.
  const bool any = has_wildcard(cors.allow_origins) && !credentials;
  out.add("Access-Control-Allow-Origin", any ? "*" : std::string(origin));
  if (!any) out.add("Vary", "Origin");
  if (credentials) out.add("Access-Control-Allow-Credentials", "true");
  return true;
}

}  // namespace

std::optional<http::Response> answer_preflight(const lambda::FunctionUrl& url,
                                               std::string_view method,
                                               const http::Headers& request) {
  const auto origin = request.get("Origin");
  const auto wanted = request.get("Access-Control-Request-Method");
  if (!url.cors || method != "OPTIONS" || !origin || !wanted) return std::nullopt;
  const lambda::UrlCors& cors = *url.cors;
  http::Response response;
  response.headers.add("Content-Type", "application/json");
  const auto names = request.get("Access-Control-Request-Headers").value_or("");
  if (!contains(cors.allow_methods, *wanted) || !contains_all(cors.allow_headers, names) ||
      !allow_origin(cors, *origin, response.headers))
    return response;
  auto& headers = response.headers;
  const bool credentials = cors.allow_credentials.value_or(false);
  // "*" means itself to a browser that sends credentials.
  headers.add("Access-Control-Allow-Methods", has_wildcard(cors.allow_methods) && credentials
                                                  ? std::string(*wanted)
                                                  : joined(*cors.allow_methods));
  if (cors.allow_headers && !cors.allow_headers->empty()) {
    const bool echo = has_wildcard(cors.allow_headers) && credentials && !names.empty();
    headers.add("Access-Control-Allow-Headers",
                echo ? std::string(names) : joined(*cors.allow_headers));
  }
  if (cors.max_age) headers.add("Access-Control-Max-Age", std::to_string(*cors.max_age));
  return response;
}

void add_cors_headers(const lambda::FunctionUrl& url, const http::Headers& request,
                      http::Headers& response) {
  const auto origin = request.get("Origin");
  if (!url.cors || !origin || !allow_origin(*url.cors, *origin, response)) return;
  const auto& exposed = url.cors->expose_headers;
  if (exposed && !exposed->empty()) response.add("Access-Control-Expose-Headers", joined(*exposed));
}

}  // namespace kiln::invoke
