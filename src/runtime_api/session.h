// SPDX-License-Identifier: Apache-2.0
#pragma once
// Session is the state of one environment's Runtime API, shared by its endpoints. Internal to
// runtime_api. Threads: one loop. Each request's coroutine holds it, so it outlives the server.

#include "async/event.h"
#include "http/message.h"
#include "runtime_api/extensions.h"
#include "runtime_api/runtime_api.h"
#include "runtime_api/telemetry.h"

#include <coroutine>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kiln::runtime_api {

enum class State : std::uint8_t {
  kStarting,
  kRestoring,  // in GET restore/next, or in the hooks after it
  kReady,
  kRunning,
  kResponded,
  kClosed,
};

struct Session {
  explicit Session(Loop& owner) : loop(owner), extensions(owner.clock()), telemetry(owner) {}

  Loop& loop;
  State state = State::kStarting;
  bool initialized = false;
  OneShot<InitOutcome> init;

  // Of SnapStart.
  bool restore_enabled = false;
  bool restore_released = false;
  std::coroutine_handle<> restore_waiting;
  OneShot<InitOutcome> restored;
  std::string credentials_token;
  std::function<std::string()> credentials;  // null: none are served

  // The invocation in progress: waiting for the runtime to ask, or handed over.
  std::optional<Invocation> pending;
  std::string running_id;
  OneShot<InvokeOutcome>* running = nullptr;  // in the frame of RuntimeApi::invoke
  std::shared_ptr<ResponseSink> sink;         // of `running`; may be null
  bool streaming = false;                     // a response goes to the sink already
  bool truncated = false;                     // and broke off

  // Waiting GET next requests, newest last; bounded by the server's max_connections.
  std::vector<std::coroutine_handle<>> waiting;

  Extensions extensions;
  Telemetry telemetry;

  void set_initialized(InitOutcome outcome);
  // Gives the pending invocation to a waiting request.
  void hand_over();
  // True when `id` is that of the running or the last invocation.
  bool knows(std::string_view id) const { return !running_id.empty() && running_id == id; }
  // True when a response or error for `id` may be taken now.
  bool awaits(std::string_view id) const { return running != nullptr && running_id == id; }
  void finish(InvokeOutcome outcome);
  // Answers GET restore/next.
  void release_restore();
  // The runtime is gone; its extensions may live on.
  void close_runtime();
  void close();
};

using SessionPtr = std::shared_ptr<Session>;

// Endpoints. `request` lives as long as the coroutine.
// `loaded`: the request's Kiln-Loaded, of the first one.
Task<http::Response> next(SessionPtr session, std::string loaded = {});
Task<http::Response> invocation_response(SessionPtr session, http::Request& request,
                                         std::string id);
Task<http::Response> invocation_error(SessionPtr session, http::Request& request, std::string id);
Task<http::Response> init_error(SessionPtr session, http::Request& request);
Task<http::Response> restore_next(SessionPtr session);
Task<http::Response> restore_error(SessionPtr session, http::Request& request);
Task<http::Response> container_credentials(SessionPtr session, http::Request& request);
Task<http::Response> extension_register(SessionPtr session, http::Request& request);
Task<http::Response> extension_next(SessionPtr session, http::Request& request);
Task<http::Response> extension_init_error(SessionPtr session, http::Request& request);
Task<http::Response> extension_exit_error(SessionPtr session, http::Request& request);
Task<http::Response> telemetry_subscribe(SessionPtr session, http::Request& request, bool logs_api);

// The extension that a request names in Lambda-Extension-Identifier, or why there is none.
struct Caller {
  Extension* extension = nullptr;
  std::optional<http::Response> refusal;
};
Caller identify(Session& session, const http::Request& request);

// Answers.
http::Response accepted();  // 202 {"status":"OK"}
http::Response refused(int status, std::string_view type, std::string_view message);
http::Response invalid_request_id();
http::Response invalid_transition(State from, std::string_view to);

// Reads and drops what is left of a body that is too large, so that the runtime gets to read the
// answer.
Task<void> discard(http::BodyReader& body);

}  // namespace kiln::runtime_api
