// SPDX-License-Identifier: Apache-2.0
// PUT /2022-07-01/telemetry and PUT /2020-08-15/logs
#include "runtime_api/session.h"

#include <boost/json.hpp>

#include <charconv>
#include <optional>
#include <utility>

namespace kiln::runtime_api {
namespace {

namespace json = boost::json;

constexpr std::uint64_t kMaxBodyBytes = 64 * 1024;
constexpr int kRuntimeApiPort = 9001;

struct Parsed {
  Subscription subscription;
  std::vector<std::string> types;
  std::vector<std::string> problems;
};

void read_types(const json::object& document, Parsed& parsed) {
  const json::value* const types = document.if_contains("types");
  if (types == nullptr || !types->is_array() || types->get_array().empty()) {
    parsed.problems.emplace_back("types should not be empty");
    return;
  }
  for (const json::value& each : types->get_array()) {
    const std::string name(each.is_string() ? std::string_view(each.get_string()) : "");
    std::uint8_t stream = 0;
    if (name == "platform") stream = kPlatform;
    if (name == "function") stream = kFunction;
    if (name == "extension") stream = kExtension;
    if (stream == 0) {
      parsed.problems.push_back("types contains an unknown value: " + name);
    } else if ((parsed.subscription.streams & stream) == 0) {
      parsed.subscription.streams |= stream;
      parsed.types.push_back(name);
    }
  }
}

void read_limit(const json::object& buffering, const char* name, std::int64_t low,
                std::int64_t high, std::int64_t& out, Parsed& parsed) {
  const json::value* const value = buffering.if_contains(name);
  if (value == nullptr || value->is_null()) return;
  const bool whole = value->is_int64() || value->is_uint64();
  const std::int64_t number = whole ? value->to_number<std::int64_t>() : -1;
  if (!whole || number < low || number > high) {
    parsed.problems.push_back("buffering." + std::string(name) + " should be between " +
                              std::to_string(low) + " and " + std::to_string(high));
    return;
  }
  out = number;
}

void read_buffering(const json::object& document, Parsed& parsed) {
  const json::value* const value = document.if_contains("buffering");
  if (value == nullptr || value->is_null()) return;
  const json::object* const buffering = value->if_object();
  if (buffering == nullptr) {
    parsed.problems.emplace_back("buffering should be an object");
    return;
  }
  Subscription& out = parsed.subscription;
  auto items = static_cast<std::int64_t>(out.max_items);
  auto bytes = static_cast<std::int64_t>(out.max_bytes);
  read_limit(*buffering, "maxItems", 1'000, 10'000, items, parsed);
  read_limit(*buffering, "maxBytes", 262'144, 1'048'576, bytes, parsed);
  read_limit(*buffering, "timeoutMs", 25, 30'000, out.timeout_ms, parsed);
  out.max_items = static_cast<std::size_t>(items);
  out.max_bytes = static_cast<std::size_t>(bytes);
}

// "http://sandbox.localdomain:8080/path"
void read_uri(std::string_view uri, Parsed& parsed) {
  constexpr std::string_view kScheme = "http://";
  if (!uri.starts_with(kScheme)) {
    parsed.problems.emplace_back("URI scheme should be http");
    return;
  }
  uri.remove_prefix(kScheme.size());
  const auto slash = uri.find_first_of("/?");
  std::string_view authority = uri.substr(0, slash);
  std::string path(slash == std::string_view::npos ? "/" : uri.substr(slash));
  if (path.front() != '/') path.insert(0, "/");
  for (const char c : path) {
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7F) {
      parsed.problems.emplace_back("URI path is not valid");
      return;
    }
  }
  const auto colon = authority.find(':');
  const std::string_view host = authority.substr(0, colon);
  if (host != "sandbox.localdomain" && host != "sandbox")
    parsed.problems.emplace_back("URI host should be sandbox.localdomain or sandbox");
  if (colon == std::string_view::npos || colon + 1 == authority.size()) {
    parsed.problems.emplace_back("URI port is not provided");
    return;
  }
  const std::string_view digits = authority.substr(colon + 1);
  int port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size() || port < 1 || port > 65535 ||
      port == kRuntimeApiPort) {
    parsed.problems.emplace_back("URI port is not valid");
    return;
  }
  parsed.subscription.port = port;
  parsed.subscription.path = std::move(path);
}

std::string text_of(const json::object& object, const char* name) {
  const json::value* const value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
}

void read_destination(const json::object& document, Parsed& parsed) {
  const json::value* const value = document.if_contains("destination");
  const json::object* const destination = value == nullptr ? nullptr : value->if_object();
  if (destination == nullptr) {
    parsed.problems.emplace_back("destination should not be empty");
    return;
  }
  const std::string protocol = text_of(*destination, "protocol");
  if (protocol == "TCP") {
    parsed.subscription.tcp = true;
    const json::value* const port = destination->if_contains("port");
    const std::int64_t number = port != nullptr && port->is_int64() ? port->get_int64() : 0;
    if (number < 1 || number > 65535 || number == kRuntimeApiPort) {
      // Some clients give TCP its port in a URI.
      const std::string uri = text_of(*destination, "URI");
      const auto colon = uri.rfind(':');
      if (colon != std::string::npos) return read_uri("http" + uri.substr(uri.find(':')), parsed);
      parsed.problems.emplace_back("port is not provided");
      return;
    }
    parsed.subscription.port = static_cast<int>(number);
  } else if (protocol == "HTTP") {
    const std::string method = text_of(*destination, "method");
    if (!method.empty() && method != "POST" && method != "PUT")
      parsed.problems.emplace_back("method should be POST or PUT");
    parsed.subscription.put = method == "PUT";
    read_uri(text_of(*destination, "URI"), parsed);
  } else {
    parsed.problems.emplace_back("protocol should be HTTP or TCP");
  }
}

void read_schema(const json::object& document, Parsed& parsed) {
  const std::string version = text_of(document, "schemaVersion");
  if (parsed.subscription.logs_api) {
    parsed.subscription.runtime_done = version == "2021-03-18";
    if (!version.empty() && version != "2020-08-15" && version != "2021-03-18")
      parsed.problems.emplace_back("schemaVersion is not supported: " + version);
  } else if (version != "2022-07-01" && version != "2022-12-13" && version != "2025-01-29") {
    parsed.problems.emplace_back("schemaVersion is not supported: " + version);
  }
}

Parsed parse(std::string_view body, bool logs_api) {
  Parsed parsed;
  parsed.subscription.logs_api = logs_api;
  boost::system::error_code error;
  const json::value document = json::parse({body.data(), body.size()}, error);
  if (error || !document.is_object()) {
    parsed.problems.push_back("Invalid JSON: " + (error ? error.message() : "not an object"));
    return parsed;
  }
  const json::object& object = document.get_object();
  read_schema(object, parsed);
  read_destination(object, parsed);
  read_types(object, parsed);
  read_buffering(object, parsed);
  return parsed;
}

}  // namespace

Task<http::Response> telemetry_subscribe(SessionPtr session, http::Request& request,
                                         bool logs_api) {
  const std::string prefix = logs_api ? "Logs." : "Telemetry.";
  Caller caller = identify(*session, request);
  if (caller.refusal) co_return std::move(*caller.refusal);
  if (!session->telemetry.subscriptions_open()) {
    co_return refused(403, prefix + "SubscriptionClosed",
                      std::string(logs_api ? "Logs" : "Telemetry") + " API subscription is closed");
  }
  auto reading = http::read_all(*request.body, kMaxBodyBytes);
  const auto body = co_await reading;
  Parsed parsed = parse(body ? std::string_view(*body) : "", logs_api);
  const std::string invalid = logs_api ? "Logs.ValidationError" : "ValidationError";
  if (!parsed.problems.empty()) {
    std::string message;
    for (const std::string& problem : parsed.problems)
      message += (message.empty() ? "" : "; ") + problem;
    co_return refused(400, invalid, message);
  }
  parsed.subscription.subscriber = caller.extension->name;
  const Status subscribed = session->telemetry.subscribe(std::move(parsed.subscription));
  if (!subscribed) co_return refused(400, invalid, subscribed.error().message);
  session->extensions.notice(
      {.kind = logs_api ? ExtensionNotice::Kind::kLogs : ExtensionNotice::Kind::kTelemetry,
       .name = caller.extension->name,
       .state = "Subscribed",
       .items = std::move(parsed.types),
       .error_type = {}});
  http::Response response;
  response.headers.add("Content-Type", "application/json");
  response.body = "\"OK\"";
  co_return response;
}

}  // namespace kiln::runtime_api
