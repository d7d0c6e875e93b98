// SPDX-License-Identifier: Apache-2.0
#pragma once
// GET /_kiln/iam/suggest?name=ROLE|USER|ARN: the least policy for what was observed of a role or
// user of the caller's account, as JSON text. Signed like a call to IAM; the caller needs
// kiln:SuggestPolicy, which "*" grants. 404 when nothing was observed.

#include "async/clock.h"
#include "http/message.h"
#include "iam/credentials.h"
#include "iam/policy_authorizer.h"

namespace kiln::server {

class SuggestRoute {
 public:
  static constexpr std::string_view kPath = "/_kiln/iam/suggest";
  SuggestRoute(iam::CredentialSource& credentials, iam::PolicyAuthorizer& authorizer, Clock& clock)
      : credentials_(credentials), authorizer_(authorizer), clock_(clock) {}

  // `request` outlives the task.
  Task<http::Response> handle(const http::Request& request);

 private:
  Task<aws::ApiResult<std::string>> answer(const http::Request& request);
  iam::CredentialSource& credentials_;
  iam::PolicyAuthorizer& authorizer_;
  Clock& clock_;
};

}  // namespace kiln::server
