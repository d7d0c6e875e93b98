// SPDX-License-Identifier: Apache-2.0
#include "runtime_api/extensions.h"

#include "base/encoding.h"
#include "runtime_api/runtime_api.h"

#include <algorithm>
#include <utility>

namespace kiln::runtime_api {
namespace {

std::string invoke_event(const Invocation& invocation) {
  std::string out = R"({"eventType":"INVOKE","deadlineMs":)";
  out += std::to_string(invocation.deadline_ms);
  out += R"(,"requestId":)";
  append_json_string(out, invocation.request_id);
  out += R"(,"invokedFunctionArn":)";
  append_json_string(out, invocation.invoked_function_arn);
  out += R"(,"tracing":{"type":"X-Amzn-Trace-Id","value":)";
  append_json_string(out, invocation.trace_id);
  out += "}}";
  return out;
}

std::string shutdown_event(ShutdownReason reason, Timestamp deadline) {
  constexpr std::string_view kReasons[] = {"spindown", "timeout", "failure"};
  std::string out = R"({"eventType":"SHUTDOWN","deadlineMs":)";
  out += std::to_string(deadline.ms);
  out += R"(,"shutdownReason":")";
  out += kReasons[static_cast<std::size_t>(reason)];
  out += "\"}";
  return out;
}

bool is_out(ExtensionState state) {
  using enum ExtensionState;
  return state == kInitError || state == kExitError || state == kLaunchError || state == kExited;
}

std::vector<std::string> events_of(const Extension& extension) {
  std::vector<std::string> events;
  if (extension.invoke) events.emplace_back("INVOKE");
  if (extension.shutdown) events.emplace_back("SHUTDOWN");
  return events;
}

}  // namespace

std::string_view name_of(ExtensionState state) {
  switch (state) {
    case ExtensionState::kStarted:
      return "Started";
    case ExtensionState::kRegistered:
      return "Registered";
    case ExtensionState::kReady:
      return "Ready";
    case ExtensionState::kRunning:
      return "Running";
    case ExtensionState::kInitError:
      return "InitError";
    case ExtensionState::kExitError:
      return "ExitError";
    case ExtensionState::kLaunchError:
      return "LaunchError";
    case ExtensionState::kExited:
      return "Exited";
  }
  return "Unknown";
}

void Extensions::on_notice(std::function<void(const ExtensionNotice&)> callback) {
  notice_callback_ = std::move(callback);
}

void Extensions::notice(const ExtensionNotice& notice) const {
  if (notice_callback_) notice_callback_(notice);
}

std::string Extensions::new_id() {
  if (!random_) random_ = std::make_unique<SystemRandom>();
  return random_->uuid();
}

void Extensions::launched(std::string name) {
  auto extension = std::make_unique<Extension>();
  extension->name = std::move(name);
  extension->external = true;
  all_.push_back(std::move(extension));
}

void Extensions::launch_failed(const std::string& name, std::string message) {
  if (find_by_name(name) == nullptr) launched(name);
  failed(*find_by_name(name), ExtensionState::kLaunchError, "Extension.LaunchError",
         std::move(message));
}

void Extensions::process_ended(const std::string& name, std::string how) {
  Extension* const extension = find_by_name(name);
  if (extension == nullptr) return;
  if (is_out(extension->state) || shutting_down_) {
    extension->state = ExtensionState::kExited;
    changed();
    return;
  }
  failed(*extension, ExtensionState::kExited, "Extension.Crash", std::move(how));
}

void Extensions::failed(Extension& extension, ExtensionState state, std::string type,
                        std::string message) {
  extension.state = state;
  notice({.name = extension.name,
          .state = std::string(name_of(state)),
          .items = events_of(extension),
          .error_type = type});
  if (!failure_ && !shutting_down_) {
    failure_ = {std::move(type), extension.name, std::move(message)};
    // First the owner, so that who waits finds it knowing.
    if (const auto callback = std::exchange(failure_callback_, nullptr)) callback();
  }
  changed();
}

bool Extensions::any_external() const {
  return std::ranges::any_of(all_, [](const auto& each) { return each->external; });
}

bool Extensions::all_registered() const {
  return std::ranges::all_of(
      all_, [](const auto& each) { return each->state != ExtensionState::kStarted; });
}

bool Extensions::all_idle() const {
  return std::ranges::all_of(all_, [](const auto& each) {
    return (each->state == ExtensionState::kReady && each->event.empty()) || is_out(each->state);
  });
}

// Internal ones end with the runtime; those that did not ask, or have failed, are killed without a
// word.
bool Extensions::all_ended() const {
  return std::ranges::all_of(all_, [](const auto& each) {
    return !each->external || !each->shutdown || is_out(each->state);
  });
}

void Extensions::changed() {
  if (auto* waiter = std::exchange(waiter_, nullptr)) waiter->set(true);
}

Task<Status> Extensions::wait(Predicate done, bool stop_at_failure, Monotonic deadline,
                              std::stop_token stop) {
  for (;;) {
    if (stop_at_failure && failure_) co_return fail(ErrorCode::kClosed, failure_->message);
    if ((this->*done)()) co_return Status();
    if (closed_) co_return fail(ErrorCode::kClosed, "the environment has ended");
    OneShot<bool> change;
    waiter_ = &change;
    auto waiting = change.wait(clock_, deadline, stop);
    const auto woken = co_await waiting;
    if (waiter_ == &change) waiter_ = nullptr;
    if (!woken) co_return std::unexpected(woken.error());
  }
}

Task<Status> Extensions::wait_registered(Monotonic deadline, std::stop_token stop) {
  return wait(&Extensions::all_registered, true, deadline, std::move(stop));
}

Task<Status> Extensions::wait_idle(Monotonic deadline, std::stop_token stop) {
  return wait(&Extensions::all_idle, true, deadline, std::move(stop));
}

Task<Status> Extensions::wait_ended(Monotonic deadline) {
  return wait(&Extensions::all_ended, false, deadline, {});
}

void Extensions::send(Extension& extension, std::string event) {
  extension.event = std::move(event);
  if (const auto handle = std::exchange(extension.waiting, nullptr)) handle.resume();
}

void Extensions::send_invoke(const Invocation& invocation) {
  for (const auto& each : all_) {
    if (each->invoke && !is_out(each->state)) send(*each, invoke_event(invocation));
  }
}

void Extensions::send_shutdown(ShutdownReason reason, Timestamp deadline) {
  shutting_down_ = true;
  for (const auto& each : all_) {
    if (each->shutdown && !is_out(each->state)) send(*each, shutdown_event(reason, deadline));
  }
}

void Extensions::close() {
  if (std::exchange(closed_, true)) return;
  shutting_down_ = true;
  notice_callback_ = nullptr;
  failure_callback_ = nullptr;
  for (const auto& each : all_) {
    if (const auto handle = std::exchange(each->waiting, nullptr)) handle.resume();
  }
  changed();
}

Extension* Extensions::find_by_name(std::string_view name) {
  const auto it = std::ranges::find_if(all_, [&](const auto& e) { return e->name == name; });
  return it == all_.end() ? nullptr : it->get();
}

Extension* Extensions::find_by_id(std::string_view id) {
  if (id.empty()) return nullptr;
  const auto it = std::ranges::find_if(all_, [&](const auto& e) { return e->id == id; });
  return it == all_.end() ? nullptr : it->get();
}

Extension& Extensions::add_internal(std::string name) {
  all_.push_back(std::make_unique<Extension>());
  all_.back()->name = std::move(name);
  return *all_.back();
}

void Extensions::registered(Extension& extension, bool invoke, bool shutdown) {
  extension.id = new_id();
  extension.invoke = invoke;
  extension.shutdown = shutdown;
  extension.state = ExtensionState::kRegistered;
  changed();
}

bool Extensions::ready(Extension& extension) {
  using enum ExtensionState;
  const bool first = extension.state == kRegistered;
  if (!first && extension.state != kRunning) return false;
  extension.state = kReady;
  if (first) {
    notice({.name = extension.name,
            .state = "Ready",
            .items = events_of(extension),
            .error_type = {}});
  }
  // An event that came meanwhile is taken at once: it is not idle then.
  if (extension.event.empty()) changed();
  return true;
}

}  // namespace kiln::runtime_api
