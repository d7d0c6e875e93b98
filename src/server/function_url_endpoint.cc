// SPDX-License-Identifier: Apache-2.0
#include "server/function_url_endpoint.h"

#include "aws/auth_errors.h"
#include "aws/payload.h"
#include "aws/protocol/codec.h"
#include "base/log.h"
#include "gen/lambda/service.h"
#include "invoke/api/checks.h"
#include "invoke/trace_header.h"
#include "invoke/url/cors.h"
#include "invoke/url/event.h"
#include "invoke/url/response.h"
#include "invoke/url/stream.h"
#include "server/host_check.h"

#include <array>
#include <utility>

namespace kiln::server {
namespace {

constexpr std::uint64_t kMaxBodyBytes = 6 * 1024 * 1024;

http::Response failure(int status, std::string_view type, std::string body) {
  http::Response response;
  response.status = status;
  response.headers.add("Content-Type", "application/json");
  if (!type.empty()) response.headers.add("x-amzn-ErrorType", std::string(type));
  response.body = std::move(body);
  return response;
}

http::Response forbidden() {
  return failure(403, "AccessDeniedException", R"({"Message":"Forbidden"})");
}

http::Response no_such_url() {
  return failure(403, "AccessDeniedException", R"({"Message":null})");
}

http::Response too_large() {
  return failure(413, "RequestEntityTooLargeException",
                 R"({"Message":"Request must be smaller than 6291456 bytes for the )"
                 R"(InvokeFunction operation"})");
}

http::Response bad_gateway() { return failure(502, "", "Internal Server Error"); }

// An error of the Lambda API, in its own words.
http::Response api_failure(const aws::ApiError& error, std::string_view request_id) {
  return aws::protocol::codec_for(aws::Protocol::kRestJson)
      ->serialize_error(gen::lambda::service_model(), error, request_id);
}

std::string_view port_of(std::string_view host) {
  const auto colon = host.rfind(':');
  return colon == std::string_view::npos || host.ends_with(']') ? "80" : host.substr(colon + 1);
}

}  // namespace

// What is known of one request so far. Lives in handle()'s frame.
struct FunctionUrlEndpoint::Call {
  http::Request& request;
  lambda::UrlTarget target;
  std::string_view query;
  std::string_view host;
  lambda::FunctionUrlPtr url;
  aws::RequestContext context;  // the function's account and region, the caller's principal
  std::optional<aws::sigv4::Authorization> authorization;
  std::string secret_key;
  RequestBody body;
  BodyBudget::Share held;
  std::string trace_header;
};

FunctionUrlEndpoint::FunctionUrlEndpoint(Parts parts, FunctionUrlOptions options)
    : parts_(parts),
      options_(std::move(options)),
      bodies_(options_.body_bytes, parts.metrics, "kiln_url_body_bytes"),
      requests_(parts.metrics.counter("kiln_url_requests_total")),
      refused_(parts.metrics.counter("kiln_url_client_errors_total")),
      failed_(parts.metrics.counter("kiln_url_server_errors_total")) {}

std::optional<lambda::UrlTarget> FunctionUrlEndpoint::find(const http::Request& request) const {
  return lambda::find_url_target(request.headers.get("host").value_or(""), request.target,
                                 options_.domain);
}

Task<http::Response> FunctionUrlEndpoint::handle(http::Request& request, lambda::UrlTarget target) {
  requests_.add();
  const Monotonic began = parts_.clock.monotonic();
  const std::string_view sent = request.target;
  const auto mark = sent.find('?');
  Call call{.request = request,
            .target = std::move(target),
            .query = mark == std::string_view::npos ? "" : sent.substr(mark + 1),
            .host = request.headers.get("host").value_or(""),
            .url = nullptr,
            .context = {},
            .authorization = {},
            .secret_key = {},
            .body = {},
            .held = BodyBudget::Share(bodies_),
            .trace_header = {}};
  call.context.request_id = parts_.random.uuid();
  call.context.now = parts_.clock.wall();
  call.trace_header = request.headers.get("x-amzn-trace-id").value_or("");
  if (call.trace_header.empty())
    call.trace_header = invoke::new_trace_header(call.context.now, parts_.random);
  auto answering = answer(call);
  http::Response response = co_await std::move(answering);
  if (response.status >= 400) (response.status < 500 ? refused_ : failed_).add();
  if (call.url) {
    const std::int64_t latency_ns = parts_.clock.monotonic().ns - began.ns;
    parts_.meter.url_request(call.url->function, call.url->qualifier, response.status,
                             static_cast<double>(latency_ns) / 1e6);
  }
  response.headers.set("x-amzn-RequestId", call.context.request_id);
  response.headers.set("X-Amzn-Trace-Id", call.trace_header);
  co_return response;
}

Task<http::Response> FunctionUrlEndpoint::answer(Call& call) {
  auto finding = find_url(call);
  if (auto refusal = co_await std::move(finding)) co_return std::move(*refusal);
  const auto& request = call.request;
  if (auto preflight = invoke::answer_preflight(*call.url, request.method, request.headers))
    co_return std::move(*preflight);
  const bool anonymous = !call.url->iam_auth;
  // Nobody's body is read for nothing: who does not sign can be refused by the head alone.
  const std::array<Task<Refusal> (FunctionUrlEndpoint::*)(Call&), 3> steps =
      anonymous ? std::array{&FunctionUrlEndpoint::find_caller, &FunctionUrlEndpoint::authorise,
                             &FunctionUrlEndpoint::read_body}
                : std::array{&FunctionUrlEndpoint::find_caller, &FunctionUrlEndpoint::read_body,
                             &FunctionUrlEndpoint::authorise};
  http::Response response;
  bool refused = false;
  for (const auto step : steps) {
    auto stepping = (this->*step)(call);
    if (auto refusal = co_await std::move(stepping)) {
      response = std::move(*refusal);
      refused = true;
      break;
    }
  }
  if (!refused) {
    auto invoking = invoke(call);
    response = co_await std::move(invoking);
  }
  invoke::add_cors_headers(*call.url, request.headers, response.headers);
  co_return response;
}

Task<FunctionUrlEndpoint::Refusal> FunctionUrlEndpoint::find_url(Call& call) {
  if (call.target.by_path && !host_allowed(call.request.headers, options_.extra_hosts))
    co_return forbidden();
  auto finding = parts_.urls.find(call.target.id);
  auto found = co_await std::move(finding);
  if (!found) {
    log::error("server", "function url: " + found.error().message);
    co_return bad_gateway();
  }
  const bool here =
      *found != nullptr && (call.target.by_path || (*found)->function.region == call.target.region);
  if (!here) co_return no_such_url();
  call.url = std::move(*found);
  auto& context = call.context;
  context.service = "lambda";
  context.operation = "InvokeFunctionUrl";
  context.account = call.url->function.account;
  context.region = call.url->function.region;
  context.host = call.host;
  context.source_ip = call.request.peer_address;
  context.user_agent = call.request.headers.get("user-agent").value_or("");
  context.referer = call.request.headers.get("referer").value_or("");
  context.trace_header = call.trace_header;
  co_return std::nullopt;
}

// AuthType AWS_IAM: SigV4 as for the Lambda API, checked without the body where it can be.
Task<FunctionUrlEndpoint::Refusal> FunctionUrlEndpoint::find_caller(Call& call) {
  if (!call.url->iam_auth) co_return std::nullopt;
  constexpr auto kProtocol = aws::Protocol::kRestJson;
  const auto& headers = call.request.headers;
  const std::string& id = call.context.request_id;
  auto authorization = aws::sigv4::parse_authorization(headers, call.query);
  if (!authorization) {
    if (authorization.error().kind == aws::sigv4::Failure::Kind::kMissingToken)
      co_return forbidden();
    co_return api_failure(aws::auth_error(authorization.error(), kProtocol), id);
  }
  const auto scope = aws::sigv4::check_scope(*authorization, headers, "lambda", call.context.now);
  if (!scope) co_return api_failure(aws::auth_error(scope.error(), kProtocol), id);
  auto finding = parts_.credentials.find(authorization->access_key_id, authorization->session_token,
                                         call.context.now);
  auto found = co_await std::move(finding);
  if (!found) {
    const bool expired = found.error() == iam::CredentialFailure::kExpired;
    co_return api_failure(
        expired ? aws::expired_token_error(kProtocol) : aws::unknown_key_error(kProtocol), id);
  }
  call.secret_key = std::move(found->secret_access_key);
  call.context.principal = std::move(found->principal);
  call.context.principal.access_key_id = authorization->access_key_id;
  call.context.auth_type = authorization->presigned ? aws::RequestContext::AuthType::kQueryString
                                                    : aws::RequestContext::AuthType::kHeader;
  call.authorization = std::move(*authorization);
  co_return std::nullopt;
}

FunctionUrlEndpoint::Refusal FunctionUrlEndpoint::check_signature(Call& call,
                                                                  std::string_view payload_line) {
  const std::string_view target = call.request.target;
  const aws::sigv4::SignedRequest signed_request{.method = call.request.method,
                                                 .path = target.substr(0, target.find('?')),
                                                 .query = call.query,
                                                 .headers = &call.request.headers};
  const auto checked =
      aws::sigv4::check_signature_with_key(*call.authorization, signed_request, payload_line,
                                           signing_keys_.get(call.secret_key, *call.authorization));
  if (checked) return std::nullopt;
  return api_failure(aws::auth_error(checked.error(), aws::Protocol::kRestJson),
                     call.context.request_id);
}

Task<FunctionUrlEndpoint::Refusal> FunctionUrlEndpoint::read_body(Call& call) {
  aws::PayloadPlan plan;
  if (call.authorization) {
    plan = aws::plan_payload(*call.authorization, call.query, call.request.headers);
    if (!plan.signed_as.empty()) {
      if (auto refusal = check_signature(call, plan.signed_as)) co_return refusal;
    }
  }
  const RequestBody::Bounds bounds{.max_bytes = kMaxBodyBytes,
                                   .held = &call.held,
                                   .unproven = nullptr,
                                   .hash = call.authorization.has_value()};
  auto reading = call.body.read(*call.request.body, bounds, options_.spool_dir);
  if (auto read = co_await std::move(reading); !read) {
    if (call.body.budget_exhausted())
      co_return failure(503, "ServiceUnavailableException",
                        R"({"Message":"The server holds too many unfinished requests."})");
    if (read.error().code == ErrorCode::kLimitExceeded) co_return too_large();
    co_return failure(400, "", R"({"Message":"Bad Request"})");
  }
  if (!call.authorization) co_return std::nullopt;
  if (plan.signed_as.empty()) co_return check_signature(call, call.body.sha256_hex());
  if (!plan.sha256.empty() && plan.sha256 != call.body.sha256_hex())
    co_return api_failure(aws::content_hash_error(aws::Protocol::kRestJson),
                          call.context.request_id);
  co_return std::nullopt;
}

// https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html: both rights, by the policy of the
// function for everybody, or by the caller's own.
Task<FunctionUrlEndpoint::Refusal> FunctionUrlEndpoint::authorise(Call& call) {
  const std::string arn = call.url->arn();
  aws::Authorization asked("lambda:InvokeFunctionUrl", arn,
                           {{"lambda:FunctionUrlAuthType", {std::string(call.url->auth_type())}}});
  asked.also({"lambda:InvokeFunction", arn, {{"lambda:InvokedViaFunctionUrl", {"true"}}}});
  auto asking = parts_.authorizer.check(call.context, std::move(asked));
  auto allowed = co_await std::move(asking);
  if (allowed) co_return std::nullopt;
  if (allowed.error().http_status >= 500)
    co_return api_failure(allowed.error(), call.context.request_id);
  co_return forbidden();
}

std::string FunctionUrlEndpoint::domain_name(const Call& call) const {
  if (!call.target.by_path) return std::string(call.host.substr(0, call.host.find(':')));
  std::string name = call.url->id;
  name.append(".").append(lambda::kUrlLabel).append(".").append(call.url->function.region);
  return name.append(".").append(options_.domain.empty() ? "localhost" : options_.domain);
}

Task<http::Response> FunctionUrlEndpoint::invoke(Call& call) {
  const auto& url = *call.url;
  auto resolving = parts_.functions.resolve(call.context, url.function.name, url.qualifier);
  auto function = co_await std::move(resolving);
  if (!function) co_return api_failure(function.error(), call.context.request_id);
  if (auto good = invoke::check_tenant(*function->version, ""); !good)
    co_return api_failure(good.error(), call.context.request_id);
  invoke::InvokeRequest request;
  const std::string domain = domain_name(call);
  request.payload =
      invoke::make_url_event({.method = call.request.method,
                              .path = call.target.path,
                              .query = call.query,
                              .headers = &call.request.headers,
                              .body = call.body.view(),
                              .url_id = url.id,
                              .domain_name = domain,
                              .source_ip = call.request.peer_address,
                              .scheme = call.context.scheme,
                              .port = port_of(call.host),
                              .request_id = call.context.request_id,
                              .trace_header = call.trace_header,
                              .now = call.context.now,
                              .owner = url.function.account,
                              .caller = url.iam_auth ? &call.context.principal : nullptr});
  if (request.payload.size() > kMaxBodyBytes) co_return too_large();
  request.request_id = call.context.request_id;
  request.trace_header = call.trace_header;
  request.invoked_arn = url.arn();
  request.concurrency = function->concurrency;
  request.allows_recursion = function->allows_recursion;
  if (url.streams()) {
    auto stream = invoke::ResponseStream::open(parts_.invoker, std::move(function->version),
                                               std::move(request), options_.pace);
    auto streaming = invoke::stream_url_response(std::move(stream));
    auto response = co_await std::move(streaming);
    if (!response) co_return api_failure(response.error(), call.context.request_id);
    co_return *response ? std::move(**response) : bad_gateway();
  }
  auto invoking = parts_.invoker.invoke(std::move(function->version), std::move(request));
  auto result = co_await std::move(invoking);
  if (!result) co_return api_failure(result.error(), call.context.request_id);
  if (!result->function_error.empty()) co_return bad_gateway();
  auto response = invoke::make_url_response(std::move(result->payload), result->content_type);
  co_return response ? std::move(*response) : bad_gateway();
}

}  // namespace kiln::server
