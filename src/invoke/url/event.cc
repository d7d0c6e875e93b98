// SPDX-License-Identifier: Apache-2.0
#include "invoke/url/event.h"

#include "base/encoding.h"

#include <algorithm>
#include <array>
#include <map>
#include <vector>

namespace kiln::invoke {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Of one hop, or said elsewhere in the event.
bool is_left_out(std::string_view name, bool is_signed) {
  constexpr std::array<std::string_view, 9> kHop{
      "connection", "keep-alive", "proxy-connection",  "te",    "trailer",
      "upgrade",    "cookie",     "transfer-encoding", "expect"};
  return std::ranges::find(kHop, name) != kHop.end() || (is_signed && name == "authorization");
}

class Members {
 public:
  explicit Members(std::string& out) : out_(out) { out_ += '{'; }
  ~Members() { out_ += '}'; }
  Members(const Members&) = delete;
  std::string& name(std::string_view name) {
    if (!first_) out_ += ',';
    first_ = false;
    append_json_string(out_, name);
    out_ += ':';
    return out_;
  }
  void text(std::string_view key, std::string_view value) { append_json_string(name(key), value); }
  void raw(std::string_view key, std::string_view json) { name(key).append(json); }

 private:
  std::string& out_;
  bool first_ = true;
};

using Texts = std::map<std::string, std::string, std::less<>>;

void join(Texts& texts, std::string name, std::string_view value) {
  auto [at, added] = texts.try_emplace(std::move(name), value);
  if (!added) at->second.append(",").append(value);
}

void append_texts(Members& event, std::string_view name, const Texts& texts) {
  Members object(event.name(name));
  for (const auto& [key, value] : texts) object.text(key, value);
}

Texts event_headers(const UrlCall& call) {
  Texts out;
  for (const auto& [name, value] : call.headers->fields()) {
    std::string key = lower(name);
    if (!is_left_out(key, call.caller != nullptr)) join(out, std::move(key), value);
  }
  // The last address is the one that nobody but this server can have written.
  auto& forwarded = out["x-forwarded-for"];
  if (!forwarded.empty()) forwarded += ", ";
  forwarded += call.source_ip;
  out["x-forwarded-proto"] = call.scheme;
  out["x-forwarded-port"] = call.port;
  out["x-amzn-trace-id"] = call.trace_header;
  return out;
}

std::vector<std::string_view> event_cookies(const http::Headers& headers) {
  std::vector<std::string_view> out;
  for (const auto& [name, value] : headers.fields()) {
    if (!http::equals_ignore_case(name, "cookie")) continue;
    std::string_view rest = value;
    while (!rest.empty()) {
      const auto end = rest.find(';');
      if (const auto cookie = trimmed(rest.substr(0, end)); !cookie.empty()) out.push_back(cookie);
      rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    }
  }
  return out;
}

// A bad escape stays as it was sent.
std::string decoded(std::string_view text) {
  auto out = percent_decode(text, true);
  return out ? std::move(*out) : std::string(text);
}

Texts query_parameters(std::string_view query) {
  Texts out;
  while (!query.empty()) {
    const auto end = query.find('&');
    const auto pair = query.substr(0, end);
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    const auto value = equals == std::string_view::npos ? "" : pair.substr(equals + 1);
    join(out, decoded(pair.substr(0, equals)), decoded(value));
  }
  return out;
}

// Which bodies reach the function as they are; forms do not.
bool is_text(const http::Headers& headers) {
  if (headers.contains("content-encoding")) return false;
  const auto field = headers.get("content-type");
  if (!field) return true;
  const std::string type = lower(trimmed(field->substr(0, field->find(';'))));
  constexpr std::array<std::string_view, 5> kTypes{
      "application/json", "application/xml", "application/javascript", "application/x-javascript",
      "application/graphql"};
  return type.starts_with("text/") || type.ends_with("+json") || type.ends_with("+xml") ||
         std::ranges::find(kTypes, type) != kTypes.end();
}

// "31/Jan/2026:10:20:30 +0000" from "Sat, 31 Jan 2026 10:20:30 GMT".
std::string clf_time(Timestamp now) {
  const std::string date = format_http_date(now);
  std::string out = date.substr(5, 2);
  out.append("/").append(date, 8, 3).append("/").append(date, 12, 4);
  return out.append(":").append(date, 17, 8).append(" +0000");
}

void append_authorizer(Members& context, const aws::Principal& caller) {
  Members authorizer(context.name("authorizer"));
  Members iam(authorizer.name("iam"));
  iam.text("accessKey", caller.access_key_id);
  iam.text("accountId", caller.account);
  iam.text("callerId", caller.user_id);
  iam.raw("cognitoIdentity", "null");
  iam.raw("principalOrgId", "null");
  iam.text("userArn", caller.arn);
  iam.text("userId", caller.user_id);
}

void append_http(Members& context, const UrlCall& call) {
  Members http(context.name("http"));
  http.text("method", call.method);
  http.text("path", call.path);
  http.text("protocol", "HTTP/1.1");
  http.text("sourceIp", call.source_ip);
  http.text("userAgent", call.headers->get("user-agent").value_or(""));
}

void append_context(Members& event, const UrlCall& call) {
  Members context(event.name("requestContext"));
  context.text("accountId", call.caller ? call.owner : "anonymous");
  context.text("apiId", call.url_id);
  if (call.caller) append_authorizer(context, *call.caller);
  context.text("domainName", call.domain_name);
  context.text("domainPrefix", call.url_id);
  append_http(context, call);
  context.text("requestId", call.request_id);
  context.text("routeKey", "$default");
  context.text("stage", "$default");
  context.text("time", clf_time(call.now));
  context.raw("timeEpoch", std::to_string(call.now.ms));
}

}  // namespace

std::string make_url_event(const UrlCall& call) {
  std::string out;
  out.reserve(call.body.size() + call.body.size() / 2 + 2048);
  {
    Members event(out);
    event.text("version", "2.0");
    event.text("routeKey", "$default");
    event.text("rawPath", call.path);
    event.text("rawQueryString", call.query);
    if (const auto cookies = event_cookies(*call.headers); !cookies.empty()) {
      std::string& list = event.name("cookies");
      for (std::size_t i = 0; i < cookies.size(); ++i) {
        list += i == 0 ? '[' : ',';
        append_json_string(list, cookies[i]);
      }
      list += ']';
    }
    append_texts(event, "headers", event_headers(call));
    if (const auto query = query_parameters(call.query); !query.empty())
      append_texts(event, "queryStringParameters", query);
    append_context(event, call);
    const bool text = call.body.empty() || (is_text(*call.headers) && is_valid_utf8(call.body));
    if (!call.body.empty())
      event.text("body", text ? std::string(call.body) : base64_encode(call.body));
    event.raw("isBase64Encoded", text ? "false" : "true");
  }
  return out;
}

}  // namespace kiln::invoke
