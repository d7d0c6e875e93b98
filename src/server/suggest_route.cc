// SPDX-License-Identifier: Apache-2.0
#include "server/suggest_route.h"

#include "aws/auth_errors.h"
#include "aws/protocol/form.h"
#include "aws/sigv4.h"
#include "base/crypto.h"

#include <utility>

namespace kiln::server {
namespace {

constexpr auto kProtocol = aws::Protocol::kRestJson;

std::string_view query_of(const http::Request& request) {
  const std::string_view target = request.target;
  const auto mark = target.find('?');
  return mark == std::string_view::npos ? "" : target.substr(mark + 1);
}

}  // namespace

Task<http::Response> SuggestRoute::handle(const http::Request& request) {
  auto answering = answer(request);
  auto answered = co_await std::move(answering);
  http::Response response;
  if (answered) {
    response.headers.add("Content-Type", "application/json");
    response.body = std::move(*answered);
  } else {
    response.status = answered.error().http_status;
    response.headers.add("Content-Type", "text/plain");
    response.headers.add("X-Amzn-ErrorType", answered.error().code);
    response.body = answered.error().message + '\n';
  }
  co_return response;
}

Task<aws::ApiResult<std::string>> SuggestRoute::answer(const http::Request& request) {
  const auto query = query_of(request);
  const auto signature = aws::sigv4::parse_authorization(request.headers, query);
  if (!signature) co_return aws::fail(aws::auth_error(signature.error(), kProtocol));
  aws::RequestContext context;
  context.now = clock_.wall();
  const auto scope = aws::sigv4::check_scope(*signature, request.headers, "iam", context.now);
  if (!scope) co_return aws::fail(aws::auth_error(scope.error(), kProtocol));
  std::string token(request.headers.get("x-amz-security-token").value_or(""));
  auto finding = credentials_.find(signature->access_key_id, std::move(token), context.now);
  auto found = co_await std::move(finding);
  if (!found) co_return aws::fail(aws::unknown_key_error(kProtocol));
  const aws::sigv4::SignedRequest signed_request{
      .method = request.method, .path = kPath, .query = query, .headers = &request.headers};
  const auto checked = aws::sigv4::check_signature(*signature, signed_request, sha256_hex(""),
                                                   found->secret_access_key);
  if (!checked) co_return aws::fail(aws::auth_error(checked.error(), kProtocol));
  context.service = "iam";
  context.principal = found->principal;
  context.account = found->principal.account;
  context.region = signature->region;
  context.source_ip = request.peer_address;
  auto asking = authorizer_.check(context, {"kiln:SuggestPolicy", "*"});
  if (auto allowed = co_await std::move(asking); !allowed) {
    co_return aws::fail(std::move(allowed.error()));
  }
  aws::protocol::Form form;
  aws::protocol::parse_form(query, form);
  const auto name = form.find("name");
  auto text = name == form.end()
                  ? std::string()
                  : authorizer_.observations().suggest(context.account, name->second);
  if (text.empty()) {
    co_return aws::fail(
        {"NoSuchEntity", 404, "Nothing was observed of such a role or user.", {}, {}});
  }
  co_return text;
}

}  // namespace kiln::server
