// SPDX-License-Identifier: Apache-2.0
#include "runtime_api/session.h"

#include "base/encoding.h"

#include <utility>

namespace kiln::runtime_api {
namespace {

// The names that AWS's state machine uses in its messages.
std::string_view name_of(State state) {
  switch (state) {
    case State::kStarting:
      return "Started";
    case State::kRestoring:
      return "Restoring";
    case State::kReady:
      return "Ready";
    case State::kRunning:
      return "Running";
    case State::kResponded:
      return "RuntimeResponseSent";
    case State::kClosed:
      return "Closed";
  }
  return "Unknown";
}

}  // namespace

void Session::set_initialized(InitOutcome outcome) {
  if (std::exchange(initialized, true)) return;
  init.set(std::move(outcome));
}

void Session::hand_over() {
  if (waiting.empty() || !pending) return;
  const auto handle = waiting.back();
  waiting.pop_back();
  handle.resume();
}

void Session::finish(InvokeOutcome outcome) {
  state = State::kResponded;
  sink.reset();
  if (auto* waiter = std::exchange(running, nullptr)) waiter->set(std::move(outcome));
}

void Session::release_restore() {
  restore_released = true;
  if (const auto handle = std::exchange(restore_waiting, nullptr)) handle.resume();
}

void Session::close() {
  close_runtime();
  extensions.close();
  telemetry.stop();
}

void Session::close_runtime() {
  if (std::exchange(state, State::kClosed) == State::kClosed) return;
  pending.reset();
  sink.reset();
  set_initialized({InitOutcome::Kind::kClosed, {}, {}});
  if (auto* waiter = std::exchange(running, nullptr)) {
    waiter->set({InvokeOutcome::Kind::kClosed, {}, {}, {}});
  }
  restored.set({InitOutcome::Kind::kClosed, {}, {}});
  if (const auto handle = std::exchange(restore_waiting, nullptr)) handle.resume();
  for (const auto handle : std::exchange(waiting, {})) handle.resume();
}

http::Response accepted() {
  http::Response response;
  response.status = 202;
  // A client that asks for its next event in the same write needs no wake-up for this.
  response.may_wait_for_next = true;
  response.headers.add("Content-Type", "application/json");
  response.body = R"({"status":"OK"})";
  return response;
}

http::Response refused(int status, std::string_view type, std::string_view message) {
  http::Response response;
  response.status = status;
  response.headers.add("Content-Type", "application/json");
  response.body = R"({"errorMessage":)";
  append_json_string(response.body, message);
  response.body += R"(,"errorType":)";
  append_json_string(response.body, type);
  response.body += '}';
  return response;
}

http::Response invalid_request_id() {
  return refused(400, "InvalidRequestID", "Invalid request ID");
}

http::Response invalid_transition(State from, std::string_view to) {
  std::string message = "State transition from ";
  message.append(name_of(from)).append(" to ").append(to);
  message += " failed for runtime. Error: State transition is not allowed";
  return refused(403, "InvalidStateTransition", message);
}

Task<void> discard(http::BodyReader& body) {
  while (true) {
    auto reading = body.read();
    const auto piece = co_await reading;
    if (!piece || piece->empty()) co_return;
  }
}

}  // namespace kiln::runtime_api
