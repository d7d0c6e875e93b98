// SPDX-License-Identifier: Apache-2.0
#pragma once
// SignedRoutes are what the server answers below /_kiln to those who sign, like a call to an AWS
// service of the name "kiln" in the region that is asked about:
//   GET /_kiln/iam/suggest?name=ROLE|USER|ARN  kiln:SuggestPolicy  the least policy for what was
//                                              observed of a role or user, 404 when nothing was
//   GET /_kiln/settle, POST /_kiln/clock       waiting_routes.h
//   GET /_kiln/usage?from=DAY&to=DAY           kiln:GetUsage       usage of functions by day
// "*" grants these actions.

#include "async/clock.h"
#include "aws/api_error.h"
#include "aws/request_context.h"
#include "http/message.h"
#include "iam/credentials.h"
#include "iam/policy_authorizer.h"

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace kiln::server {

class SignedRoutes {
 public:
  using Parameters = std::map<std::string, std::string, std::less<>>;
  // Answers the body. Errors are told as text with the code in X-Amzn-ErrorType.
  using Handler = std::function<Task<aws::ApiResult<std::string>>(aws::RequestContext, Parameters)>;
  struct Route {
    std::string method = "GET";
    std::string action;  // "kiln:GetUsage", asked on "*"
    std::string content_type = "application/json";
    Handler handler;
  };

  // References outlive *this.
  SignedRoutes(iam::CredentialSource& credentials, iam::Authorizer& authorizer, Clock& clock)
      : credentials_(credentials), authorizer_(authorizer), clock_(clock) {}

  // Before the first request.
  void add(std::string path, Route route) { routes_[std::move(path)] = std::move(route); }
  bool owns(std::string_view path) const { return routes_.contains(path); }
  // REQUIRES: owns() the request's path. `request` outlives the task.
  Task<http::Response> handle(const http::Request& request);

 private:
  Task<aws::ApiResult<std::string>> answer(const http::Request& request, std::string_view path,
                                           std::string_view query, const Route& route);
  Task<aws::ApiResult<aws::RequestContext>> authenticate(const http::Request& request,
                                                         std::string_view path,
                                                         std::string_view query);
  iam::CredentialSource& credentials_;
  iam::Authorizer& authorizer_;
  Clock& clock_;
  std::map<std::string, Route, std::less<>> routes_;
};

// The routes on what the server observed and metered.
SignedRoutes::Route suggest_route(const iam::PolicyAuthorizer& authorizer);

}  // namespace kiln::server
