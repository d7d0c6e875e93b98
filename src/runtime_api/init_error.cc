// SPDX-License-Identifier: Apache-2.0
// POST /2018-06-01/runtime/init/error
#include "runtime_api/session.h"

#include <utility>

namespace kiln::runtime_api {

Task<http::Response> init_error(SessionPtr session, http::Request& request) {
  // Older clients report the failure of a hook here.
  if (session->state == State::kRestoring) {
    co_return co_await restore_error(std::move(session), request);
  }
  if (session->state != State::kStarting || session->initialized) {
    co_return invalid_transition(session->state, "InitError");
  }
  auto reading = http::read_all(*request.body, kMaxResponseBytes);
  auto body = co_await reading;
  InitOutcome outcome;
  outcome.kind = InitOutcome::Kind::kError;
  outcome.error_type = request.headers.get("Lambda-Runtime-Function-Error-Type").value_or("");
  if (body) outcome.body = std::move(*body);
  session->set_initialized(std::move(outcome));
  co_return accepted();
}

}  // namespace kiln::runtime_api
