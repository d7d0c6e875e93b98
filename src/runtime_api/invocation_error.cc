// SPDX-License-Identifier: Apache-2.0
// POST /2018-06-01/runtime/invocation/{id}/error
#include "runtime_api/session.h"

#include <utility>

namespace kiln::runtime_api {

Task<http::Response> invocation_error(SessionPtr session, http::Request& request, std::string id) {
  if (!session->knows(id)) co_return invalid_request_id();
  if (session->state != State::kRunning || !session->awaits(id)) {
    co_return invalid_transition(session->state, "InvocationErrorResponse");
  }
  auto reading = http::read_all(*request.body, kMaxResponseBytes);
  auto body = co_await reading;
  const bool too_large = !body && body.error().code == ErrorCode::kLimitExceeded;
  if (too_large) co_await discard(*request.body);
  if (!session->awaits(id)) co_return invalid_request_id();
  InvokeOutcome outcome;
  outcome.kind = too_large ? InvokeOutcome::Kind::kResponseTooLarge : InvokeOutcome::Kind::kError;
  outcome.error_type = request.headers.get("Lambda-Runtime-Function-Error-Type").value_or("");
  outcome.content_type = request.headers.get("Content-Type").value_or("");
  if (body) outcome.body = std::move(*body);
  session->finish(std::move(outcome));
  if (too_large) {
    co_return refused(
        413, "RequestEntityTooLarge",
        "Exceeded maximum allowed payload size (" + std::to_string(kMaxResponseBytes) + " bytes).");
  }
  co_return accepted();
}

}  // namespace kiln::runtime_api
