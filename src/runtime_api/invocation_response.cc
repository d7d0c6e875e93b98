// SPDX-License-Identifier: Apache-2.0
// POST /2018-06-01/runtime/invocation/{id}/response
//
// A streamed response goes on to the invocation's sink as it arrives. What went wrong in its middle
// comes behind it, in trailers.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming
#include "base/encoding.h"
#include "runtime_api/session.h"

#include <utility>

namespace kiln::runtime_api {
namespace {

http::Response too_large(std::uint64_t limit) {
  return refused(413, "RequestEntityTooLarge",
                 "Exceeded maximum allowed payload size (" + std::to_string(limit) + " bytes).");
}

http::Response truncated() {
  return refused(400, "TruncatedHTTPRequest", "HTTP request detected as truncated");
}

// Turns `outcome` into the error that the trailers tell of, if they do.
void take_error(const http::Headers& trailers, InvokeOutcome& outcome) {
  const auto type = trailers.get("Lambda-Runtime-Function-Error-Type");
  const auto body = trailers.get("Lambda-Runtime-Function-Error-Body");
  if (!type && !body) return;
  outcome.kind = InvokeOutcome::Kind::kError;
  outcome.error_type = type.value_or("");
  auto decoded = base64_decode(body.value_or(""));
  outcome.body = decoded ? std::move(*decoded) : std::string(*body);
}

// Answers how the stream ended; nullopt when the invocation is over already, or when the runtime
// broke off: its end, or its next request, tells why.
Task<std::optional<InvokeOutcome>> pass_on(SessionPtr session, http::BodyReader& body,
                                           std::string id, std::shared_ptr<ResponseSink> sink) {
  InvokeOutcome outcome;
  outcome.streamed = true;
  for (bool wanted = true;;) {
    auto reading = body.read();
    auto piece = co_await reading;
    if (!session->awaits(id)) co_return std::nullopt;
    if (!piece) {
      session->truncated = true;
      co_return std::nullopt;
    }
    if (piece->empty()) break;
    const std::uint64_t left = kMaxStreamedBytes - outcome.streamed_bytes;
    const bool over = piece->size() > left;
    if (over) piece->resize(left);
    outcome.streamed_bytes += piece->size();
    if (wanted) {
      auto writing = sink->write(std::move(*piece));
      wanted = co_await std::move(writing);
      if (!session->awaits(id)) co_return std::nullopt;
    }
    if (over) {
      outcome.kind = InvokeOutcome::Kind::kResponseTooLarge;
      co_return outcome;
    }
  }
  take_error(body.trailer_fields(), outcome);
  co_return outcome;
}

Task<http::Response> stream(SessionPtr session, http::Request& request, std::string id) {
  const auto sink = session->sink;
  session->streaming = true;
  sink->begin(std::string(request.headers.get("Content-Type").value_or("")));
  auto passing = pass_on(session, *request.body, id, sink);
  auto outcome = co_await std::move(passing);
  if (!outcome) {
    if (session->truncated) co_return truncated();
    auto dropping = discard(*request.body);
    co_await std::move(dropping);
    co_return invalid_request_id();
  }
  const bool over = outcome->kind == InvokeOutcome::Kind::kResponseTooLarge;
  session->finish(std::move(*outcome));
  if (over) {
    auto dropping = discard(*request.body);
    co_await std::move(dropping);
    co_return too_large(kMaxStreamedBytes);
  }
  co_return accepted();
}

}  // namespace

Task<http::Response> invocation_response(SessionPtr session, http::Request& request,
                                         std::string id) {
  if (!session->knows(id)) co_return invalid_request_id();
  if (session->state != State::kRunning || !session->awaits(id) || session->streaming) {
    co_return invalid_transition(session->state, "InvocationResponse");
  }
  const auto mode = request.headers.get("Lambda-Runtime-Function-Response-Mode");
  if (mode && *mode != "streaming") {
    session->finish({InvokeOutcome::Kind::kError, "Runtime.InvalidResponseModeHeader", {}, {}});
    co_return refused(400, "InvalidFunctionResponseMode", "Invalid function response mode");
  }
  if (mode && session->sink) {
    auto streaming = stream(session, request, std::move(id));
    co_return co_await std::move(streaming);
  }
  auto reading = http::read_all(*request.body, kMaxResponseBytes);
  auto body = co_await reading;
  const bool over = !body && body.error().code == ErrorCode::kLimitExceeded;
  if (over) co_await discard(*request.body);
  if (!session->awaits(id)) co_return invalid_request_id();
  if (over) {
    session->finish({InvokeOutcome::Kind::kResponseTooLarge, {}, {}, {}});
    co_return too_large(kMaxResponseBytes);
  }
  if (!body) co_return truncated();
  InvokeOutcome outcome;
  outcome.content_type = request.headers.get("Content-Type").value_or("");
  outcome.body = std::move(*body);
  if (mode) take_error(request.body->trailer_fields(), outcome);
  session->finish(std::move(outcome));
  co_return accepted();
}

}  // namespace kiln::runtime_api
