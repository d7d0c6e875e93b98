// SPDX-License-Identifier: Apache-2.0
#include "runtime_api/runtime_api.h"

#include "http/server.h"
#include "runtime_api/session.h"

#include <string_view>
#include <utility>

namespace kiln::runtime_api {
namespace {

using std::string_view_literals::operator""sv;

http::ServerLimits limits() {
  http::ServerLimits limits;
  // Far over kMaxResponseBytes, so that a too large response is read and answered with 413.
  limits.body_bytes = 1024ULL * 1024 * 1024;
  // An environment may be frozen at any moment and for any time.
  limits.body_idle_timeout_ms = 3'600'000;
  limits.write_idle_timeout_ms = 3'600'000;
  limits.head_timeout_ms = 3'600'000;
  limits.keep_alive_timeout_ms = 0;
  // A runtime's handful, and some for each of kMaxExtensions.
  limits.max_connections = 64;
  limits.drain_ms = 0;
  return limits;
}

Task<http::Response> answer(http::Response response) { co_return response; }

Task<http::Response> no_such_path() {
  http::Response response;
  response.status = 404;
  response.headers.add("Content-Type", "text/plain; charset=utf-8");
  response.body = "404 page not found\n";
  return answer(std::move(response));
}

Task<http::Response> no_such_method() {
  http::Response response;
  response.status = 405;
  return answer(std::move(response));
}

Task<http::Response> pong() {
  http::Response response;
  response.headers.add("Content-Type", "text/plain; charset=utf-8");
  response.body = "pong";
  return answer(std::move(response));
}

Task<http::Response> route_extensions(const SessionPtr& session, http::Request& request,
                                      std::string_view path) {
  const bool get = request.method == "GET";
  const bool post = request.method == "POST";
  const bool put = request.method == "PUT";
  if (path.ends_with('/')) path.remove_suffix(1);
  if (path == "/2020-01-01/extension/register")
    return post ? extension_register(session, request) : no_such_method();
  if (path == "/2020-01-01/extension/event/next")
    return get ? extension_next(session, request) : no_such_method();
  if (path == "/2020-01-01/extension/init/error")
    return post ? extension_init_error(session, request) : no_such_method();
  if (path == "/2020-01-01/extension/exit/error")
    return post ? extension_exit_error(session, request) : no_such_method();
  if (path == "/2022-07-01/telemetry")
    return put ? telemetry_subscribe(session, request, false) : no_such_method();
  if (path == "/2020-08-15/logs")
    return put ? telemetry_subscribe(session, request, true) : no_such_method();
  return no_such_path();
}

std::string loaded_by(const Session& session, const http::Request& request) {
  if (session.initialized) return {};
  return std::string(request.headers.get("Kiln-Loaded").value_or(std::string_view()));
}

Task<http::Response> route(const SessionPtr& session, http::Request& request) {
  std::string_view path = request.target;
  path = path.substr(0, path.find('?'));
  constexpr auto kVersion = "/2018-06-01/"sv;
  constexpr auto kInvocation = "runtime/invocation/"sv;
  if (session->credentials && path == "/2021-04-23/credentials")
    return request.method == "GET" ? container_credentials(session, request) : no_such_method();
  if (!path.starts_with(kVersion)) return route_extensions(session, request, path);
  path.remove_prefix(kVersion.size());
  const bool get = request.method == "GET";
  const bool post = request.method == "POST";
  if (path.starts_with(kInvocation)) {
    path.remove_prefix(kInvocation.size());
    if (path == "next") return get ? next(session, loaded_by(*session, request)) : no_such_method();
    const auto slash = path.find('/');
    if (slash == std::string_view::npos) return no_such_path();
    const auto action = path.substr(slash + 1);
    if (action != "response" && action != "error") return no_such_path();
    if (!post) return no_such_method();
    std::string id(path.substr(0, slash));
    return action == "response" ? invocation_response(session, request, std::move(id))
                                : invocation_error(session, request, std::move(id));
  }
  if (path == "runtime/init/error") return post ? init_error(session, request) : no_such_method();
  if (session->restore_enabled && path == "runtime/restore/next")
    return get ? restore_next(session) : no_such_method();
  if (session->restore_enabled && path == "runtime/restore/error")
    return post ? restore_error(session, request) : no_such_method();
  if (path == "ping") return get ? pong() : no_such_method();
  return no_such_path();
}

Task<Result<InitOutcome>> wait_for_init(SessionPtr session, Clock& clock, Monotonic deadline,
                                        std::stop_token stop) {
  auto waiting = session->init.wait(clock, deadline, std::move(stop));
  co_return co_await waiting;
}

Task<Result<InitOutcome>> wait_for_restore(SessionPtr session, Clock& clock, Monotonic deadline,
                                           std::stop_token stop) {
  session->release_restore();
  auto waiting = session->restored.wait(clock, deadline, std::move(stop));
  co_return co_await waiting;
}

Task<Result<InvokeOutcome>> run(SessionPtr session, Clock& clock, Invocation invocation,
                                Monotonic deadline, std::stop_token stop) {
  if (session->state == State::kClosed) {
    co_return InvokeOutcome{InvokeOutcome::Kind::kClosed, {}, {}, {}};
  }
  KILN_CHECK(session->running == nullptr);
  OneShot<InvokeOutcome> outcome;
  session->running = &outcome;
  session->running_id = invocation.request_id;
  if (session->extensions.any()) session->extensions.send_invoke(invocation);
  session->sink = std::move(invocation.sink);
  session->streaming = session->truncated = false;
  session->pending = std::move(invocation);
  session->hand_over();
  auto waiting = outcome.wait(clock, deadline, std::move(stop));
  auto result = co_await waiting;
  if (session->running == &outcome) {
    session->running = nullptr;
    session->pending.reset();
    session->sink.reset();
  }
  co_return result;
}

}  // namespace

RuntimeApi::RuntimeApi(Loop& loop, Metrics& metrics, Fd listener, Fd connection)
    : session_(std::make_shared<Session>(loop)),
      listener_(std::move(listener)),
      connection_(std::move(connection)) {
  server_ = std::make_unique<http::Server>(
      loop, metrics, "kiln_runtime_api", limits(),
      [session = session_](http::Request& request) { return route(session, request); });
}

RuntimeApi::~RuntimeApi() { session_->close(); }

Status RuntimeApi::start() {
  KILN_TRY_VOID(server_->start(std::move(listener_)));
  if (connection_) server_->adopt(std::move(connection_));
  return {};
}

Task<void> RuntimeApi::stop() {
  session_->close();
  return server_->stop();
}

Task<Result<InitOutcome>> RuntimeApi::wait_initialized(Monotonic deadline, std::stop_token stop) {
  return wait_for_init(session_, session_->loop.clock(), deadline, std::move(stop));
}

void RuntimeApi::serve_credentials(std::string token, std::function<std::string()> document) {
  session_->credentials_token = std::move(token);
  session_->credentials = std::move(document);
}

void RuntimeApi::enable_restore() { session_->restore_enabled = true; }

Task<Result<InitOutcome>> RuntimeApi::restore(Monotonic deadline, std::stop_token stop) {
  return wait_for_restore(session_, session_->loop.clock(), deadline, std::move(stop));
}

Task<Result<InvokeOutcome>> RuntimeApi::invoke(Invocation invocation, Monotonic deadline,
                                               std::stop_token stop) {
  return run(session_, session_->loop.clock(), std::move(invocation), deadline, std::move(stop));
}

bool RuntimeApi::ready() const { return !session_->waiting.empty(); }

void RuntimeApi::abort() { session_->close_runtime(); }

Extensions& RuntimeApi::extensions() { return session_->extensions; }

Telemetry& RuntimeApi::telemetry() { return session_->telemetry; }

}  // namespace kiln::runtime_api
