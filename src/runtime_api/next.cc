// SPDX-License-Identifier: Apache-2.0
// GET /2018-06-01/runtime/invocation/next
#include "runtime_api/session.h"

#include <utility>

namespace kiln::runtime_api {
namespace {

struct WaitForInvocation {
  Session& session;
  bool await_ready() const noexcept { return session.pending || session.state == State::kClosed; }
  void await_suspend(std::coroutine_handle<> handle) { session.waiting.push_back(handle); }
  void await_resume() const noexcept {}
};

void add_unless_empty(http::Headers& headers, const char* name, std::string value) {
  if (!value.empty()) headers.add(name, std::move(value));
}

http::Response render(Invocation invocation) {
  http::Response response;
  auto& headers = response.headers;
  headers.add("Content-Type", "application/json");
  headers.add("Lambda-Runtime-Aws-Request-Id", std::move(invocation.request_id));
  headers.add("Lambda-Runtime-Deadline-Ms", std::to_string(invocation.deadline_ms));
  headers.add("Lambda-Runtime-Invoked-Function-Arn", std::move(invocation.invoked_function_arn));
  add_unless_empty(headers, "Lambda-Runtime-Trace-Id", std::move(invocation.trace_id));
  add_unless_empty(headers, "Lambda-Runtime-Client-Context", std::move(invocation.client_context));
  add_unless_empty(headers, "Lambda-Runtime-Cognito-Identity",
                   std::move(invocation.cognito_identity));
  add_unless_empty(headers, "Lambda-Runtime-Aws-Tenant-Id", std::move(invocation.tenant_id));
  response.body = std::move(invocation.payload);
  return response;
}

}  // namespace

Task<http::Response> next(SessionPtr session, std::string loaded) {
  if (session->truncated && session->running != nullptr) {
    InvokeOutcome outcome{InvokeOutcome::Kind::kError, "Runtime.TruncatedResponse", {}, {}};
    outcome.body =
        R"({"errorType":"Runtime.TruncatedResponse","errorMessage":"The response broke off"})";
    outcome.streamed = true;
    session->finish(std::move(outcome));
  }
  if (session->state == State::kRunning && session->running != nullptr) {
    co_return invalid_transition(session->state, "Ready");
  }
  const bool restored = session->state == State::kRestoring;
  if (restored && !session->restore_released) {
    co_return invalid_transition(session->state, "Ready");
  }
  if (session->state != State::kClosed) session->state = State::kReady;
  // A runtime that does not know of snapshots has nothing to do after one.
  if (session->restore_enabled) session->restored.set({InitOutcome::Kind::kReady, {}, {}});
  // This may call invoke() before it returns.
  session->set_initialized({InitOutcome::Kind::kReady, {}, std::move(loaded)});
  co_await WaitForInvocation{*session};
  if (!session->pending) {
    http::Response closed = refused(500, "InternalServerError", "Internal Server Error");
    closed.close = true;
    co_return closed;
  }
  session->state = State::kRunning;
  Invocation invocation = std::move(*session->pending);
  session->pending.reset();
  co_return render(std::move(invocation));
}

}  // namespace kiln::runtime_api
