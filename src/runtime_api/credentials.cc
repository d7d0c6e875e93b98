// SPDX-License-Identifier: Apache-2.0
// GET /2021-04-23/credentials, to which AWS_CONTAINER_CREDENTIALS_FULL_URI leads. A function with
// SnapStart has its role's credentials here and not in its variables, which are as old as the
// snapshot. https://docs.aws.amazon.com/lambda/latest/dg/snapstart-activate.html
#include "base/crypto.h"
#include "runtime_api/session.h"

namespace kiln::runtime_api {

Task<http::Response> container_credentials(SessionPtr session, http::Request& request) {
  const std::string_view token = request.headers.get("Authorization").value_or("");
  if (!constant_time_equal(token, session->credentials_token)) {
    co_return refused(401, "InvalidCredentialsToken", "The authorization token is invalid");
  }
  http::Response response;
  response.headers.add("Content-Type", "application/json");
  response.body = session->credentials();
  // A connection that stays open is one more thing that a snapshot cannot hold.
  response.close = true;
  co_return response;
}

}  // namespace kiln::runtime_api
