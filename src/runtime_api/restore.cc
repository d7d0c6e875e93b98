// SPDX-License-Identifier: Apache-2.0
// GET /2018-06-01/runtime/restore/next and POST /2018-06-01/runtime/restore/error, for SnapStart
#include "runtime_api/session.h"

#include <utility>

namespace kiln::runtime_api {
namespace {

struct WaitForRestore {
  Session& session;
  bool await_ready() const noexcept {
    return session.restore_released || session.state == State::kClosed;
  }
  void await_suspend(std::coroutine_handle<> handle) { session.restore_waiting = handle; }
  void await_resume() const noexcept {}
};

}  // namespace

Task<http::Response> restore_next(SessionPtr session) {
  if (session->state != State::kStarting || session->initialized) {
    co_return invalid_transition(session->state, "Ready");
  }
  session->state = State::kRestoring;
  session->set_initialized({InitOutcome::Kind::kReady, {}, {}});
  co_await WaitForRestore{*session};
  if (session->state == State::kClosed) {
    http::Response closed = refused(500, "InternalServerError", "Internal Server Error");
    closed.close = true;
    co_return closed;
  }
  co_return http::Response{};
}

Task<http::Response> restore_error(SessionPtr session, http::Request& request) {
  if (session->state != State::kRestoring || !session->restore_released) {
    co_return invalid_transition(session->state, "RestoreError");
  }
  auto reading = http::read_all(*request.body, kMaxResponseBytes);
  auto body = co_await reading;
  InitOutcome outcome;
  outcome.kind = InitOutcome::Kind::kError;
  outcome.error_type = request.headers.get("Lambda-Runtime-Function-Error-Type").value_or("");
  if (body) outcome.body = std::move(*body);
  session->restored.set(std::move(outcome));
  co_return accepted();
}

}  // namespace kiln::runtime_api
