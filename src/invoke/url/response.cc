// SPDX-License-Identifier: Apache-2.0
#include "invoke/url/response.h"

#include "base/encoding.h"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

namespace kiln::invoke {
namespace {

namespace json = boost::json;

std::string_view view(const json::string& text) { return {text.data(), text.size()}; }

std::optional<json::value> parse(std::string_view text) {
  json::parse_options options;
  options.max_depth = 1'000;  // what Invoke takes
  boost::system::error_code error;
  json::value value = json::parse({text.data(), text.size()}, error, {}, options);
  if (error) return std::nullopt;
  return value;
}

std::optional<int> status_of(const json::value& value) {
  std::int64_t status = 0;
  if (value.is_int64()) {
    status = value.get_int64();
  } else if (value.is_double()) {
    status = static_cast<std::int64_t>(std::clamp(value.get_double(), 0.0, 1000.0));
  } else if (value.is_string()) {
    const auto text = view(value.get_string());
    const auto read = std::from_chars(text.data(), text.data() + text.size(), status);
    if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  }
  // 1xx would leave the client waiting for another response.
  if (status < 200 || status > 599) return std::nullopt;
  return static_cast<int>(status);
}

// Scalars have a text; arrays and objects make no header.
std::optional<std::string> text_of(const json::value& value) {
  if (value.is_string()) return std::string(view(value.get_string()));
  if (value.is_array() || value.is_object()) return std::nullopt;
  if (value.is_null()) return std::string();
  return json::serialize(value);
}

bool add_headers(const json::object& object, http::Headers& headers) {
  const auto* fields = object.if_contains("headers");
  if (fields == nullptr || fields->is_null()) return true;
  if (!fields->is_object()) return false;
  for (const auto& [name, value] : fields->get_object()) {
    const auto text = text_of(value);
    if (!text || !add_function_header(headers, {name.data(), name.size()}, *text)) return false;
  }
  return true;
}

bool add_cookies(const json::object& object, http::Headers& headers) {
  const auto* cookies = object.if_contains("cookies");
  if (cookies == nullptr || cookies->is_null()) return true;
  if (!cookies->is_array()) return false;
  for (const auto& cookie : cookies->get_array()) {
    if (!cookie.is_string() ||
        !add_function_header(headers, "Set-Cookie", view(cookie.get_string())))
      return false;
  }
  return true;
}

bool fill_head(const json::object& object, std::string_view default_type,
               http::Response& response) {
  if (const auto* status = object.if_contains("statusCode"); status && !status->is_null()) {
    const auto code = status_of(*status);
    if (!code) return false;
    response.status = *code;
  }
  if (!add_headers(object, response.headers) || !add_cookies(object, response.headers))
    return false;
  if (!response.headers.contains("Content-Type"))
    response.headers.add("Content-Type", std::string(default_type));
  return true;
}

bool fill_body(const json::object& object, http::Response& response) {
  const auto* body = object.if_contains("body");
  if (body == nullptr || body->is_null()) return true;
  if (!body->is_string()) {
    response.body = json::serialize(*body);
    return true;
  }
  const auto* base64 = object.if_contains("isBase64Encoded");
  if (base64 == nullptr || !base64->is_bool() || !base64->get_bool()) {
    response.body = view(body->get_string());
    return true;
  }
  auto bytes = base64_decode(view(body->get_string()));
  if (!bytes) return false;
  response.body = std::move(*bytes);
  return true;
}

std::optional<http::Response> inferred(std::string body) {
  http::Response response;
  response.headers.add("Content-Type", "application/json");
  response.body = std::move(body);
  return response;
}

constexpr std::string_view kTokenMarks = "!#$%&'*+-.^_`|~";

// A streamed response that was read as a whole.
std::optional<http::Response> with_prelude(const std::string& payload) {
  const auto end = payload.find(kPreludeEnd);
  if (end == std::string::npos) return std::nullopt;
  auto response = make_url_head(std::string_view(payload).substr(0, end));
  if (response) response->body = payload.substr(end + kPreludeEnd.size());
  return response;
}

// What is no JSON is a body only where the runtime said so.
std::optional<http::Response> raw(std::string payload, std::string_view content_type) {
  if (content_type.empty() || content_type.starts_with("application/json")) return std::nullopt;
  http::Response response;
  response.headers.add("Content-Type", std::string(content_type));
  response.body = std::move(payload);
  return response;
}

bool is_token(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kTokenMarks.find(c) != std::string_view::npos;
  });
}

bool is_field_value(std::string_view value) {
  return std::ranges::none_of(value, [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
  });
}

bool is_one_of(std::string_view name, std::span<const std::string_view> names) {
  return std::ranges::any_of(
      names, [name](std::string_view other) { return http::equals_ignore_case(name, other); });
}

}  // namespace

bool add_function_header(http::Headers& headers, std::string_view name, std::string_view value) {
  constexpr std::array<std::string_view, 5> kRenamed{"connection", "content-length", "date",
                                                     "server", "www-authenticate"};
  constexpr std::array<std::string_view, 6> kDropped{
      "transfer-encoding", "keep-alive", "te", "trailer", "upgrade", "proxy-connection"};
  if (!is_token(name) || !is_field_value(value)) return false;
  if (is_one_of(name, kDropped)) return true;
  const bool renamed = is_one_of(name, kRenamed);
  headers.add((renamed ? "x-amzn-Remapped-" : "") + std::string(name), std::string(value));
  return true;
}

std::optional<http::Response> make_url_response(std::string payload,
                                                std::string_view content_type) {
  if (content_type == kIntegrationResponse) return with_prelude(payload);
  const auto first = payload.find_first_not_of(" \t\r\n");
  if (first == std::string::npos) return inferred({});
  if (payload[first] != '{' && payload[first] != '"') {
    // Numbers, lists, words; a custom runtime may have sent anything.
    if (!parse(payload)) return raw(std::move(payload), content_type);
    return inferred(std::move(payload));
  }
  const auto value = parse(payload);
  if (!value) return raw(std::move(payload), content_type);
  if (value->is_string()) return inferred(std::string(view(value->get_string())));
  const auto& object = value->get_object();
  const auto* status = object.if_contains("statusCode");
  if (status == nullptr || status->is_null()) return inferred(std::move(payload));
  http::Response response;
  if (!fill_head(object, "application/json", response) || !fill_body(object, response))
    return std::nullopt;
  return response;
}

std::optional<http::Response> make_url_head(std::string_view prelude) {
  const auto value = parse(prelude);
  if (!value || !value->is_object()) return std::nullopt;
  http::Response response;
  if (!fill_head(value->get_object(), "application/octet-stream", response)) return std::nullopt;
  return response;
}

}  // namespace kiln::invoke
