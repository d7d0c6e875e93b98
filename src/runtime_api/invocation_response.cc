// SPDX-License-Identifier: Apache-2.0
// POST /2018-06-01/runtime/invocation/{id}/response
#include "runtime_api/session.h"

#include <utility>

namespace kiln::runtime_api {

Task<http::Response> invocation_response(SessionPtr session, http::Request& request,
                                         std::string id) {
  if (!session->knows(id)) co_return invalid_request_id();
  if (session->state != State::kRunning || !session->awaits(id)) {
    co_return invalid_transition(session->state, "InvocationResponse");
  }
  // A streamed response is taken like any other for now: read to its end, then handed on.
  const auto mode = request.headers.get("Lambda-Runtime-Function-Response-Mode");
  if (mode && *mode != "streaming") {
    session->finish({InvokeOutcome::Kind::kError, "Runtime.InvalidResponseModeHeader", {}, {}});
    co_return refused(400, "InvalidFunctionResponseMode", "Invalid function response mode");
  }
  auto reading = http::read_all(*request.body, kMaxResponseBytes);
  auto body = co_await reading;
  const bool too_large = !body && body.error().code == ErrorCode::kLimitExceeded;
  if (too_large) co_await discard(*request.body);
  if (!session->awaits(id)) co_return invalid_request_id();
  if (too_large) {
    session->finish({InvokeOutcome::Kind::kResponseTooLarge, {}, {}, {}});
    co_return refused(
        413, "RequestEntityTooLarge",
        "Exceeded maximum allowed payload size (" + std::to_string(kMaxResponseBytes) + " bytes).");
  }
  if (!body) {
    co_return refused(400, "TruncatedHTTPRequest", "HTTP request detected as truncated");
  }
  InvokeOutcome outcome;
  outcome.content_type = request.headers.get("Content-Type").value_or("");
  outcome.body = std::move(*body);
  session->finish(std::move(outcome));
  co_return accepted();
}

}  // namespace kiln::runtime_api
