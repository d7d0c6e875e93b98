// SPDX-License-Identifier: Apache-2.0
#include "server/pipeline.h"

#include "aws/auth_errors.h"
#include "aws/protocol/codec.h"
#include "aws/protocol/form.h"
#include "aws/protocol/validate.h"
#include "aws/sigv4.h"
#include "base/log.h"
#include "base/product.h"
#include "server/host_check.h"

#include <utility>

namespace kiln::server {

using aws::ApiError;
using aws::ApiResult;
using aws::Protocol;

namespace {

// Bodies past this are parsed on the blocking pool: a 70 MB document takes long enough to be felt
// by every other request on the loop.
constexpr std::size_t kParseInlineBytes = 256 * 1024;

// Lambda's front end refuses Invoke with the modelled error, other operations with one of its own.
ApiError too_large(const aws::OperationModel& operation) {
  const bool invoke = operation.name == "Invoke";
  return {invoke ? "RequestTooLargeException" : "RequestEntityTooLargeException",
          413,
          "Request must be smaller than " + std::to_string(operation.max_body_bytes) +
              " bytes for the " + std::string(operation.name) + (invoke ? "Function" : "") +
              " operation",
          {},
          {}};
}

ApiError unknown_action(const aws::ServiceModel& service, std::string_view body,
                        std::string_view query) {
  aws::protocol::Form form;
  aws::protocol::parse_form(body, form);
  if (!form.contains("Action")) aws::protocol::parse_form(query, form);
  const auto action = form.find("Action");
  const auto version = form.find("Version");
  if (action == form.end()) {
    return {"MissingAction", 400, "The request must contain the parameter Action.", {}, {}};
  }
  return {"InvalidAction",
          400,
          "Could not find operation " + action->second + " for version " +
              (version == form.end() ? std::string(service.api_version) : version->second),
          {},
          {}};
}

}  // namespace

// What is known of one request so far. Lives in handle()'s frame.
struct Pipeline::Call {
  http::Request& request;
  std::string_view path;
  std::string_view query;
  aws::protocol::Route route;
  std::optional<aws::sigv4::Authorization> authorization;
  iam::Credential credential;
  aws::RequestContext context;
  RequestBody body;
  BodyBudget::Share share;
  const aws::RegisteredOperation* operation = nullptr;
  aws::AnyValue input;
  http::Response response;

  Protocol protocol() const {
    return route.service ? route.service->protocol : Protocol::kRestJson;
  }
  bool unsigned_call() const {
    return !authorization && route.operation && route.operation->unsigned_allowed;
  }
};

const Pipeline::Stage Pipeline::kStages[] = {
    &Pipeline::check_host,         // a web page elsewhere must not reach a loopback server
    &Pipeline::find_operation,     // head only: json and rest are known, query knows its service
    &Pipeline::find_caller,        // key, scope and clock skew, before any body byte is read
    &Pipeline::read_body,          // bounded by the operation, hashed while it arrives
    &Pipeline::verify_signature,   // from here on the sender is who it says
    &Pipeline::find_query_action,  // query protocol: Action sits in the body
    &Pipeline::parse,              // into the operation's struct, then the model's constraints
    &Pipeline::authorise,          // IAM
    &Pipeline::run,
};

Pipeline::Pipeline(Parts parts, PipelineOptions options)
    : parts_(parts),
      options_(std::move(options)),
      budget_(options_.unauthenticated_bytes, parts.metrics),
      requests_(parts.metrics.counter("kiln_api_requests_total")),
      client_errors_(parts.metrics.counter("kiln_api_client_errors_total")),
      server_errors_(parts.metrics.counter("kiln_api_server_errors_total")) {}

Task<http::Response> Pipeline::handle(http::Request& request) {
  requests_.add();
  const std::string_view target = request.target;
  const auto mark = target.find('?');
  Call call{.request = request,
            .path = target.substr(0, mark),
            .query = mark == std::string_view::npos ? "" : target.substr(mark + 1),
            .route = {},
            .authorization = {},
            .credential = {},
            .context = {},
            .body = {},
            .share = BodyBudget::Share(budget_),
            .operation = nullptr,
            .input = {},
            .response = {}};
  call.context.request_id = parts_.random.uuid();
  call.context.now = parts_.clock.wall();
  for (const Stage stage : kStages) {
    auto task = (this->*stage)(call);
    auto result = co_await std::move(task);
    if (result) continue;
    const ApiError& error = result.error();
    (error.http_status < 500 ? client_errors_ : server_errors_).add();
    if (log::enabled(log::Level::kDebug)) {
      log::debug("api", call.context.service + " " + call.context.operation + ": " + error.code +
                            ": " + error.message);
    }
    static const aws::ServiceModel kUnknown{.id = "",
                                            .signing_name = "",
                                            .endpoint_prefix = "",
                                            .target_prefix = "",
                                            .api_version = "",
                                            .xml_namespace = "",
                                            .protocol = Protocol::kRestJson,
                                            .global = false,
                                            .operations = {}};
    const auto& service = call.route.service ? *call.route.service : kUnknown;
    const auto* codec = aws::protocol::codec_for(service.protocol);
    co_return codec->serialize_error(service, error, call.context.request_id);
  }
  co_return std::move(call.response);
}

Task<ApiResult<void>> Pipeline::check_host(Call& call) {
  const auto& headers = call.request.headers;
  if (!host_and_origin_allowed(headers, options_.extra_hosts)) {
    co_return aws::fail({"AccessDeniedException",
                         403,
                         "This server does not answer for the host or origin of this request. Add "
                         "the name with --host.",
                         {},
                         {}});
  }
  call.context.host = headers.get("host").value_or("");
  call.context.source_ip = call.request.peer_address;
  call.context.user_agent = headers.get("user-agent").value_or("");
  call.context.trace_header = headers.get("x-amzn-trace-id").value_or("");
  co_return {};
}

Task<ApiResult<void>> Pipeline::find_operation(Call& call) {
  call.authorization = aws::sigv4::peek_authorization(call.request.headers);
  auto route = parts_.router.route(call.request.method, call.path, call.query, call.request.headers,
                                   call.authorization ? call.authorization->service : "");
  if (!route) {
    co_return aws::fail({"UnknownOperationException",
                         404,
                         "No service of this server answers this method and path.",
                         {},
                         {}});
  }
  call.route = std::move(*route);
  call.context.service = call.route.service->signing_name;
  if (call.route.operation) call.context.operation = call.route.operation->name;
  const bool names_its_operation_in_the_body = call.protocol() == Protocol::kQuery;
  if (!call.route.operation && !names_its_operation_in_the_body) {
    co_return aws::fail({"UnknownOperationException", 400, "", {}, {}});
  }
  co_return {};
}

Task<ApiResult<void>> Pipeline::find_caller(Call& call) {
  if (call.unsigned_call()) co_return {};
  const auto& headers = call.request.headers;
  const Protocol protocol = call.protocol();
  auto authorization = aws::sigv4::parse_authorization(headers, call.query);
  if (!authorization) co_return aws::fail(aws::auth_error(authorization.error(), protocol));
  auto scope = aws::sigv4::check_scope(*authorization, headers, call.route.service->signing_name,
                                       call.context.now);
  if (!scope) co_return aws::fail(aws::auth_error(scope.error(), protocol));

  std::string token(headers.get("x-amz-security-token").value_or(""));
  auto found = co_await parts_.credentials.find(authorization->access_key_id, std::move(token),
                                                call.context.now);
  if (!found) {
    switch (found.error()) {
      case iam::CredentialFailure::kUnknownKey:
        co_return aws::fail(aws::unknown_key_error(protocol));
      case iam::CredentialFailure::kBadToken:
        co_return aws::fail(aws::bad_token_error(protocol));
      case iam::CredentialFailure::kExpired:
        co_return aws::fail(aws::expired_token_error(protocol));
    }
  }
  call.credential = std::move(*found);
  call.context.principal = call.credential.principal;
  call.context.principal.access_key_id = authorization->access_key_id;
  call.context.account = call.credential.principal.account;
  call.context.region =
      call.route.service->global ? std::string(product::kDefaultRegion) : authorization->region;
  call.authorization = std::move(*authorization);
  co_return {};
}

Task<ApiResult<void>> Pipeline::read_body(Call& call) {
  constexpr std::uint64_t kQueryBodyBytes = 1024 * 1024;
  const std::uint64_t limit =
      call.route.operation ? call.route.operation->max_body_bytes : kQueryBodyBytes;
  auto read = co_await call.body.read(*call.request.body, limit, call.share, options_.spool_dir);
  if (read) co_return {};
  if (call.body.budget_exhausted()) {
    co_return aws::fail({"ServiceUnavailableException",
                         503,
                         "The server holds too many unfinished requests. Try again.",
                         {},
                         {}});
  }
  switch (read.error().code) {
    case ErrorCode::kLimitExceeded:
      if (call.route.operation) co_return aws::fail(too_large(*call.route.operation));
      co_return aws::fail({"RequestEntityTooLarge", 413, "The request body is too large.", {}, {}});
    case ErrorCode::kTimeout:
      co_return aws::fail(
          {"RequestTimeout", 408, "The request body did not arrive in time.", {}, {}});
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kClosed:
      co_return aws::fail({"IncompleteBody", 400, "The request body ended too early.", {}, {}});
    default:
      co_return aws::fail(aws::internal_failure("server", read.error()));
  }
}

Task<ApiResult<void>> Pipeline::verify_signature(Call& call) {
  if (call.unsigned_call()) co_return {};
  const auto sent_hash = call.request.headers.get("x-amz-content-sha256");
  if (sent_hash && sent_hash->size() == 64 && *sent_hash != call.body.sha256_hex()) {
    co_return aws::fail(aws::content_hash_error(call.protocol()));
  }
  const aws::sigv4::SignedRequest request{.method = call.request.method,
                                          .path = call.path,
                                          .query = call.query,
                                          .headers = &call.request.headers};
  const std::string_view key =
      signing_keys_.get(call.credential.secret_access_key, *call.authorization);
  auto checked = aws::sigv4::check_signature_with_key(
      *call.authorization, request, sent_hash.value_or(call.body.sha256_hex()), key);
  if (!checked) co_return aws::fail(aws::auth_error(checked.error(), call.protocol()));
  call.share.release();
  co_return {};
}

Task<ApiResult<void>> Pipeline::find_query_action(Call& call) {
  if (call.route.operation) co_return {};
  auto from_body = parts_.router.route_query(*call.route.service, call.body.view());
  if (!from_body.operation) from_body = parts_.router.route_query(*call.route.service, call.query);
  if (!from_body.operation) {
    co_return aws::fail(unknown_action(*call.route.service, call.body.view(), call.query));
  }
  call.route.operation = from_body.operation;
  call.context.operation = from_body.operation->name;
  co_return {};
}

Task<ApiResult<void>> Pipeline::parse(Call& call) {
  call.operation = parts_.registry.find(*call.route.service, call.route.operation->name);
  if (!call.operation) {
    co_return aws::fail({"NotImplemented",
                         501,
                         std::string(call.route.service->id) + " " +
                             std::string(call.route.operation->name) +
                             " is not implemented yet by this server.",
                         {},
                         {}});
  }
  call.input = call.operation->make_input();
  const auto* codec = aws::protocol::codec_for(call.protocol());
  const auto parse_now = [&call, codec]() -> Result<ApiResult<void>> {
    const aws::protocol::WireRequest wire{.method = call.request.method,
                                          .path = call.path,
                                          .query = call.query,
                                          .headers = &call.request.headers,
                                          .body = call.body.view()};
    return codec->parse(wire, *call.route.operation, call.route.uri_labels, call.input.get());
  };
  if (call.body.view().size() <= kParseInlineBytes) {
    auto parsed = parse_now();
    if (!*parsed) co_return std::move(*parsed);
  } else {
    auto task = parts_.pool.run(parts_.home, parse_now);
    auto parsed = co_await std::move(task);
    if (!parsed) co_return aws::fail(aws::internal_failure("server", parsed.error()));
    if (!*parsed) co_return std::move(*parsed);
  }
  if (auto problem = aws::protocol::validate(*call.route.operation->input, call.input.get())) {
    const bool rest_json = call.protocol() == Protocol::kRestJson;
    const bool query = call.protocol() == Protocol::kQuery;
    // Lambda words constraint failures as ValidationException, query services as ValidationError;
    // CloudWatch Logs answers InvalidParameterException.
    const char* code = rest_json ? "ValidationException"
                       : query   ? "ValidationError"
                                 : "InvalidParameterException";
    co_return aws::fail({code, 400, std::move(*problem), {}, {}});
  }
  co_return {};
}

Task<ApiResult<void>> Pipeline::authorise(Call& call) {
  if (call.unsigned_call()) co_return {};
  auto task =
      parts_.authorizer.check(call.context, call.operation->authorize(call.context, call.input));
  co_return co_await std::move(task);
}

Task<ApiResult<void>> Pipeline::run(Call& call) {
  auto task = call.operation->handle(call.context, std::move(call.input));
  auto output = co_await std::move(task);
  if (!output) co_return aws::fail(std::move(output.error()));
  const auto* codec = aws::protocol::codec_for(call.protocol());
  call.response = codec->serialize(*call.route.service, *call.route.operation, output->get(),
                                   call.context.request_id);
  co_return {};
}

}  // namespace kiln::server
