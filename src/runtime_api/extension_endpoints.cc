// SPDX-License-Identifier: Apache-2.0
// The Extensions API (2020-01-01): /extension/register, /event/next, /init/error, /exit/error
#include "base/encoding.h"
#include "runtime_api/session.h"

#include <boost/json.hpp>

#include <algorithm>
#include <utility>

namespace kiln::runtime_api {
namespace {

namespace json = boost::json;

constexpr std::uint64_t kMaxBodyBytes = 64 * 1024;
constexpr std::size_t kMaxNameBytes = 256;

http::Response invalid_extension_state(const Extension& extension, std::string_view to,
                                       std::string_view who) {
  std::string message = "State transition from ";
  message.append(name_of(extension.state)).append(" to ").append(to);
  message.append(" failed for extension ").append(who);
  message += ". Error: State transition is not allowed";
  return refused(403, "Extension.InvalidExtensionState", message);
}

struct Registration {
  bool invoke = false;
  bool shutdown = false;
  std::optional<http::Response> refusal;
};

Registration refuse(std::string_view type, std::string_view message) {
  Registration registration;
  registration.refusal = refused(403, type, message);
  return registration;
}

Registration read_registration(std::string_view body, bool external) {
  boost::system::error_code error;
  const json::value document = json::parse({body.data(), body.size()}, error);
  if (error) return refuse("InvalidRequestFormat", error.message());
  const json::object* const object = document.if_object();
  if (object == nullptr) return refuse("InvalidRequestFormat", "the body is not an object");
  if (const json::value* keys = object->if_contains("configurationKeys");
      keys != nullptr && keys->is_array() && !keys->get_array().empty()) {
    return refuse("InvalidRequestFormat",
                  "configurationKeys are deprecated; use environment variables instead");
  }
  Registration registration;
  const json::value* const events = object->if_contains("events");
  if (events == nullptr || events->is_null()) return registration;
  if (!events->is_array()) return refuse("InvalidRequestFormat", "events is not an array");
  for (const json::value& each : events->get_array()) {
    if (!each.is_string()) return refuse("InvalidRequestFormat", "an event is not a string");
    const std::string event(each.get_string());
    const bool shutdown = event == "SHUTDOWN";
    if (!shutdown && event != "INVOKE")
      return refuse("Extension.InvalidEventType", event + ": ErrorInvalidEventType");
    if (shutdown && !external)
      return refuse("Extension.InvalidEventType",
                    event + ": ShutdownEventNotSupportedForInternalExtension");
    (shutdown ? registration.shutdown : registration.invoke) = true;
  }
  return registration;
}

bool wants_account(const http::Request& request) {
  std::string_view features = request.headers.get("Lambda-Extension-Accept-Feature").value_or("");
  while (!features.empty()) {
    const auto comma = features.find(',');
    std::string_view feature = features.substr(0, comma);
    while (feature.starts_with(' ')) feature.remove_prefix(1);
    while (feature.ends_with(' ')) feature.remove_suffix(1);
    if (feature == "accountId") return true;
    features = comma == std::string_view::npos ? "" : features.substr(comma + 1);
  }
  return false;
}

http::Response registration_answer(const FunctionFacts& facts, std::string id, bool account) {
  http::Response response;
  response.headers.add("Content-Type", "application/json");
  response.headers.add("Lambda-Extension-Identifier", std::move(id));
  std::string& out = response.body;
  out = R"({"functionName":)";
  append_json_string(out, facts.name);
  out += R"(,"functionVersion":)";
  append_json_string(out, facts.version);
  out += R"(,"handler":)";
  append_json_string(out, facts.handler);
  if (account) {
    out += R"(,"accountId":)";
    append_json_string(out, facts.account);
  }
  out += '}';
  return response;
}

struct WaitForEvent {
  Extension& extension;
  const Extensions& extensions;
  bool await_ready() const noexcept { return !extension.event.empty() || extensions.closed(); }
  void await_suspend(std::coroutine_handle<> handle) { extension.waiting = handle; }
  void await_resume() const noexcept {}
};

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const char c = text[i];
    const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (dash ? c != '-' : !hex) return false;
  }
  return true;
}

Task<http::Response> extension_error(SessionPtr session, http::Request& request,
                                     ExtensionState state) {
  const bool init = state == ExtensionState::kInitError;
  Caller caller = identify(*session, request);
  if (caller.refusal) co_return std::move(*caller.refusal);
  const auto type = request.headers.get("Lambda-Extension-Function-Error-Type");
  if (!type || type->empty()) {
    co_return refused(403, "Extension.MissingHeader",
                      "Lambda-Extension-Function-Error-Type not found");
  }
  Extension& extension = *caller.extension;
  using enum ExtensionState;
  const bool allowed = init ? extension.state == kRegistered
                            : extension.state != kInitError && extension.state != kExitError &&
                                  extension.state != kExited;
  if (!allowed) {
    co_return invalid_extension_state(extension, name_of(state), extension.id);
  }
  std::string message(*type);
  session->extensions.failed(extension, state, init ? "Extension.InitError" : "Extension.ExitError",
                             std::move(message));
  co_return accepted();
}

}  // namespace

Caller identify(Session& session, const http::Request& request) {
  Caller caller;
  const auto id = request.headers.get("Lambda-Extension-Identifier").value_or("");
  if (id.empty()) {
    caller.refusal = refused(403, "Extension.MissingExtensionIdentifier",
                             "Missing Lambda-Extension-Identifier header");
  } else if (!is_uuid(id)) {
    caller.refusal =
        refused(403, "Extension.InvalidExtensionIdentifier", "Invalid Lambda-Extension-Identifier");
  } else {
    caller.extension = session.extensions.find_by_id(id);
    if (caller.extension == nullptr) {
      caller.refusal = refused(403, "Extension.UnknownExtensionIdentifier",
                               "Unknown extension " + std::string(id));
    }
  }
  return caller;
}

Task<http::Response> extension_register(SessionPtr session, http::Request& request) {
  Extensions& extensions = session->extensions;
  const std::string name(request.headers.get("Lambda-Extension-Name").value_or(""));
  if (name.empty() || name.size() > kMaxNameBytes) {
    co_return refused(403, "Extension.InvalidExtensionName", "Empty extension name");
  }
  auto reading = http::read_all(*request.body, kMaxBodyBytes);
  const auto body = co_await reading;
  if (!body) co_return refused(403, "InvalidRequestFormat", "the body cannot be read");
  Extension* extension = extensions.find_by_name(name);
  const bool external = extension != nullptr && extension->external;
  Registration registration = read_registration(*body, external);
  if (registration.refusal) co_return std::move(*registration.refusal);
  if (external && extension->state != ExtensionState::kStarted) {
    co_return invalid_extension_state(*extension, "Registered", name);
  }
  if (!external) {
    if (!extensions.registration_open()) {
      co_return refused(403, "Extension.RegistrationClosed",
                        "Extension registration closed already");
    }
    if (extension != nullptr) {
      co_return refused(403, "Extension.InvalidExtensionState",
                        "Extension with this name already registered");
    }
    if (extensions.full()) {
      co_return refused(403, "Extension.TooManyExtensions",
                        "Extension limit (" + std::to_string(kMaxExtensions) + ") reached");
    }
    extension = &extensions.add_internal(name);
  }
  extensions.registered(*extension, registration.invoke, registration.shutdown);
  co_return registration_answer(extensions.facts(), extension->id, wants_account(request));
}

Task<http::Response> extension_next(SessionPtr session, http::Request& request) {
  Extensions& extensions = session->extensions;
  Caller caller = identify(*session, request);
  if (caller.refusal) co_return std::move(*caller.refusal);
  Extension& extension = *caller.extension;
  if (!extensions.ready(extension)) {
    co_return invalid_extension_state(extension, "Ready", extension.id);
  }
  co_await WaitForEvent{extension, extensions};
  if (extension.event.empty()) {
    http::Response closed = refused(500, "InternalServerError", "Internal Server Error");
    closed.close = true;
    co_return closed;
  }
  if (extension.state == ExtensionState::kReady) extension.state = ExtensionState::kRunning;
  http::Response response;
  response.headers.add("Content-Type", "application/json");
  response.headers.add("Lambda-Extension-Event-Identifier", extensions.new_id());
  response.body = std::exchange(extension.event, {});
  co_return response;
}

Task<http::Response> extension_init_error(SessionPtr session, http::Request& request) {
  return extension_error(std::move(session), request, ExtensionState::kInitError);
}

Task<http::Response> extension_exit_error(SessionPtr session, http::Request& request) {
  return extension_error(std::move(session), request, ExtensionState::kExitError);
}

}  // namespace kiln::runtime_api
