// SPDX-License-Identifier: Apache-2.0
#include "server/signed_routes.h"

#include "aws/auth_errors.h"
#include "aws/protocol/form.h"
#include "aws/sigv4.h"
#include "base/crypto.h"

#include <utility>

namespace kiln::server {
namespace {

constexpr auto kProtocol = aws::Protocol::kRestJson;
constexpr std::string_view kService = "kiln";

Task<aws::ApiResult<std::string>> suggest(const iam::PolicyAuthorizer& authorizer,
                                          aws::RequestContext context,
                                          SignedRoutes::Parameters parameters) {
  const auto name = parameters.find("name");
  auto text = name == parameters.end()
                  ? std::string()
                  : authorizer.observations().suggest(context.account, name->second);
  if (text.empty()) {
    co_return aws::fail({"NoSuchEntity", 404, "Nothing was observed of such a role or user."});
  }
  co_return text;
}

}  // namespace

Task<http::Response> SignedRoutes::handle(const http::Request& request) {
  const std::string_view target = request.target;
  const auto mark = target.find('?');
  const std::string_view path = target.substr(0, mark);
  const std::string_view query =
      mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
  const Route& route = routes_.find(path)->second;
  auto answering = answer(request, path, query, route);
  auto answered = co_await answering;
  http::Response response;
  if (answered) {
    response.headers.add("Content-Type", route.content_type);
    response.body = std::move(*answered);
  } else {
    response.status = answered.error().http_status;
    response.headers.add("Content-Type", "text/plain");
    response.headers.add("X-Amzn-ErrorType", answered.error().code);
    response.body = answered.error().message + '\n';
  }
  co_return response;
}

Task<aws::ApiResult<std::string>> SignedRoutes::answer(const http::Request& request,
                                                       std::string_view path,
                                                       std::string_view query, const Route& route) {
  if (request.method != route.method) {
    co_return aws::fail({"MethodNotAllowed", 405, "Only " + route.method + " here."});
  }
  auto authenticating = authenticate(request, path, query);
  auto context = co_await authenticating;
  if (!context) co_return aws::fail(std::move(context.error()));
  auto asking = authorizer_.check(*context, {route.action, "*"});
  if (auto allowed = co_await asking; !allowed) co_return aws::fail(std::move(allowed.error()));
  aws::protocol::Form form;
  aws::protocol::parse_form(query, form);
  Parameters parameters;
  for (auto& [name, value] : form) parameters[name] = value;
  auto answering = route.handler(std::move(*context), std::move(parameters));
  co_return co_await answering;
}

Task<aws::ApiResult<aws::RequestContext>> SignedRoutes::authenticate(const http::Request& request,
                                                                     std::string_view path,
                                                                     std::string_view query) {
  const auto signature = aws::sigv4::parse_authorization(request.headers, query);
  if (!signature) co_return aws::fail(aws::auth_error(signature.error(), kProtocol));
  aws::RequestContext context;
  context.now = clock_.wall();
  const auto scope = aws::sigv4::check_scope(*signature, request.headers, kService, context.now);
  if (!scope) co_return aws::fail(aws::auth_error(scope.error(), kProtocol));
  std::string token(request.headers.get("x-amz-security-token").value_or(""));
  auto finding = credentials_.find(signature->access_key_id, std::move(token), context.now);
  auto found = co_await finding;
  if (!found) co_return aws::fail(aws::unknown_key_error(kProtocol));
  const aws::sigv4::SignedRequest signed_request{
      .method = request.method, .path = path, .query = query, .headers = &request.headers};
  const auto checked = aws::sigv4::check_signature(*signature, signed_request, sha256_hex(""),
                                                   found->secret_access_key);
  if (!checked) co_return aws::fail(aws::auth_error(checked.error(), kProtocol));
  context.service = kService;
  context.principal = found->principal;
  context.account = found->principal.account;
  context.region = signature->region;
  context.source_ip = request.peer_address;
  co_return context;
}

SignedRoutes::Route suggest_route(const iam::PolicyAuthorizer& authorizer) {
  return {
      .action = "kiln:SuggestPolicy",
      .handler = [&authorizer](aws::RequestContext context, SignedRoutes::Parameters parameters) {
        return suggest(authorizer, std::move(context), std::move(parameters));
      }};
}

}  // namespace kiln::server
