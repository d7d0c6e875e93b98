// SPDX-License-Identifier: Apache-2.0
#include "server/pipeline.h"

#include "aws/auth_errors.h"
#include "aws/payload.h"
#include "aws/protocol/codec.h"
#include "aws/protocol/content_encoding.h"
#include "aws/protocol/validate.h"
#include "aws/sigv4.h"
#include "base/log.h"
#include "base/product.h"
#include "server/body_source.h"
#include "server/host_check.h"
#include "server/request_errors.h"
#include "server/request_facts.h"

#include <algorithm>
#include <utility>

namespace kiln::server {

using aws::ApiError;
using aws::ApiResult;
using aws::Protocol;

namespace {

// Bodies past this are parsed on the blocking pool: a 70 MB document takes long enough to be felt
// by every other request on the loop.
constexpr std::size_t kParseInlineBytes = 256 * 1024;
// Of forms without a signature, whose action nobody knows before they are read.
constexpr std::uint64_t kMaxUnsignedForm = 64 * 1024;

// Before a query's Action is known, that of the service's operation with the largest.
std::uint64_t largest_body(const aws::protocol::Route& route, bool unsigned_call) {
  if (route.operation) return route.operation->max_body_bytes;
  if (unsigned_call) return kMaxUnsignedForm;
  std::uint64_t largest = 0;
  for (const auto& operation : route.service->operations)
    largest = std::max(largest, operation.max_body_bytes);
  return largest;
}

}  // namespace

// What is known of one request so far. Lives in handle()'s frame.
struct Pipeline::Call {
  http::Request& request;
  Admission admission;
  std::string_view path;
  std::string_view query;
  aws::protocol::Route route;
  std::optional<aws::sigv4::Authorization> authorization;
  iam::Credential credential;
  aws::RequestContext context;
  aws::PayloadPlan payload;
  bool verified = false;
  RequestBody body;
  BodyBudget::Share held;
  BodyBudget::Share unproven;
  const aws::RegisteredOperation* operation = nullptr;
  aws::AnyValue input;
  std::optional<std::string> decompressed;
  http::Response response;

  std::string_view plain_body() const { return decompressed ? *decompressed : body.view(); }

  Protocol protocol() const { return route.service ? route.protocol : Protocol::kRestJson; }
  bool to_s3() const { return route.service && route.service->signing_name == "s3"; }
  // A form's operation is known once it was read; find_query_action() looks at it then.
  bool unsigned_call() const {
    if (authorization || !route.service) return false;
    if (route.operation) return route.operation->unsigned_allowed || to_s3();
    return protocol() == Protocol::kQuery && query.empty() &&
           !request.headers.contains("authorization") &&
           std::ranges::any_of(route.service->operations, &aws::OperationModel::unsigned_allowed);
  }
};

const Pipeline::Stage Pipeline::kStages[] = {
    &Pipeline::check_host,         // a web page elsewhere must not reach a loopback server
    &Pipeline::find_operation,     // head only: json and rest are known, query knows its service
    &Pipeline::find_caller,        // key, scope and clock skew, before any body byte is read
    &Pipeline::verify_head,        // the signature, where it names the body's hash or none
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
      bodies_(options_.body_bytes, parts.metrics, "kiln_body_bytes"),
      unproven_bodies_(options_.unauthenticated_bytes, parts.metrics,
                       "kiln_unauthenticated_body_bytes"),
      requests_(parts.metrics.counter("kiln_api_requests_total")),
      client_errors_(parts.metrics.counter("kiln_api_client_errors_total")),
      server_errors_(parts.metrics.counter("kiln_api_server_errors_total")) {}

Task<http::Response> Pipeline::handle(http::Request& request, Admission admission) {
  requests_.add();
  const std::string_view target = request.target;
  const auto mark = target.find('?');
  Call call{.request = request,
            .admission = std::move(admission),
            .path = target.substr(0, mark),
            .query = mark == std::string_view::npos ? "" : target.substr(mark + 1),
            .route = {},
            .authorization = {},
            .credential = {},
            .context = {},
            .payload = {},
            .verified = false,
            .body = {},
            .held = BodyBudget::Share(bodies_),
            .unproven = BodyBudget::Share(unproven_bodies_),
            .operation = nullptr,
            .input = {},
            .decompressed = {},
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
    if (service.bare_errors) result.error().fields.emplace_back("Resource", call.path);
    const auto* codec = aws::protocol::codec_for(call.protocol());
    co_return codec->serialize_error(service, error, call.context.request_id);
  }
  co_return std::move(call.response);
}

Task<ApiResult<void>> Pipeline::check_host(Call& call) {
  const auto& headers = call.request.headers;
  const bool allowed = call.admission.any_origin
                           ? host_allowed(headers, options_.extra_hosts)
                           : host_and_origin_allowed(headers, options_.extra_hosts);
  if (!allowed) {
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
  call.context.referer = headers.get("referer").value_or("");
  call.context.trace_header = trace_header_of(headers.get("x-amzn-trace-id").value_or(""));
  co_return {};
}

Task<ApiResult<void>> Pipeline::find_operation(Call& call) {
  call.authorization = aws::sigv4::peek_authorization(call.request.headers, call.query);
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
  if (call.route.service->bare_errors)
    call.context.request_id = s3_request_id(call.context.request_id);
  if (call.route.operation) call.context.operation = call.route.operation->name;
  const bool names_its_operation_in_the_body = call.protocol() == Protocol::kQuery;
  if (!call.route.operation && !names_its_operation_in_the_body) {
    if (call.to_s3()) {
      co_return aws::fail({"MethodNotAllowed",
                           405,
                           "The specified method is not allowed against this resource.",
                           {{"Method", call.request.method}},
                           {}});
    }
    co_return aws::fail({"UnknownOperationException", 400, "", {}, {}});
  }
  co_return {};
}

Task<ApiResult<void>> Pipeline::find_caller(Call& call) {
  if (auto& caller = call.admission.caller) {
    call.context.account = caller->account;
    call.context.region = product::kDefaultRegion;
    call.context.auth_type = aws::RequestContext::AuthType::kQueryString;
    call.context.principal = std::move(*caller);
    call.verified = true;
  }
  if (call.unsigned_call()) co_return {};
  const auto& headers = call.request.headers;
  const Protocol protocol = call.protocol();
  auto authorization = aws::sigv4::parse_authorization(headers, call.query);
  if (!authorization) co_return aws::fail(aws::auth_error(authorization.error(), protocol));
  auto scope = aws::sigv4::check_scope(*authorization, headers, call.route.service->signing_name,
                                       call.context.now);
  if (!scope) co_return aws::fail(aws::auth_error(scope.error(), protocol));
  if (call.to_s3()) {
    if (auto all = aws::sigv4::check_signed_headers(*authorization, headers); !all) {
      co_return aws::fail(aws::auth_error(all.error(), protocol));
    }
  }
  auto finding = find_credential(call, *authorization);
  auto found = co_await std::move(finding);
  if (!found) co_return found;
  call.context.auth_type = authorization->presigned ? aws::RequestContext::AuthType::kQueryString
                                                    : aws::RequestContext::AuthType::kHeader;
  call.context.region =
      call.route.service->global ? std::string(product::kDefaultRegion) : authorization->region;
  call.authorization = std::move(*authorization);
  co_return {};
}

Task<ApiResult<void>> Pipeline::find_credential(Call& call,
                                                aws::sigv4::Authorization& authorization) {
  auto found = co_await parts_.credentials.find(authorization.access_key_id,
                                                authorization.session_token, call.context.now);
  if (!found) {
    const Protocol protocol = call.protocol();
    switch (found.error()) {
      case iam::CredentialFailure::kUnknownKey:
        co_return aws::fail(aws::unknown_key_error(protocol, authorization.access_key_id));
      case iam::CredentialFailure::kBadToken:
        co_return aws::fail(aws::bad_token_error(protocol, authorization.session_token));
      case iam::CredentialFailure::kExpired:
        co_return aws::fail(aws::expired_token_error(protocol, authorization.session_token));
    }
  }
  call.credential = std::move(*found);
  call.context.principal = call.credential.principal;
  call.context.principal.access_key_id = authorization.access_key_id;
  call.context.account = call.credential.principal.account;
  co_return {};
}

ApiResult<void> Pipeline::check_signature(Call& call, std::string_view payload_line) {
  const aws::sigv4::SignedRequest request{.method = call.request.method,
                                          .path = call.path,
                                          .query = call.query,
                                          .headers = &call.request.headers};
  auto checked = aws::sigv4::check_signature_with_key(
      *call.authorization, request, payload_line,
      signing_keys_.get(call.credential.secret_access_key, *call.authorization));
  if (!checked) return aws::fail(aws::auth_error(checked.error(), call.protocol()));
  call.verified = true;
  return {};
}

Task<ApiResult<void>> Pipeline::verify_head(Call& call) {
  if (call.unsigned_call() && !call.to_s3()) co_return {};
  if (call.to_s3()) {
    const bool of_body = call.context.operation != "CompleteMultipartUpload";
    auto plan =
        call.unsigned_call()
            ? aws::plan_anonymous_s3_payload(call.query, call.request.headers, of_body)
            : aws::plan_s3_payload(*call.authorization, call.query, call.request.headers, of_body);
    if (!plan) co_return aws::fail(std::move(plan.error()));
    call.payload = std::move(*plan);
  } else {
    call.payload = aws::plan_payload(*call.authorization, call.query, call.request.headers);
  }
  if (call.unsigned_call() || call.payload.signed_as.empty()) co_return {};
  co_return check_signature(call, call.payload.signed_as);
}

Task<ApiResult<void>> Pipeline::read_body(Call& call) {
  const bool stays_on_disk = call.verified && call.route.operation && call.route.operation->input &&
                             aws::protocol::takes_stream(*call.route.operation);
  const RequestBody::Bounds bounds{.max_bytes = largest_body(call.route, call.unsigned_call()),
                                   .held = &call.held,
                                   .unproven = call.verified ? nullptr : &call.unproven,
                                   .hash = !call.to_s3(),
                                   .disk_is_free = stays_on_disk};
  if (!call.to_s3()) {
    auto read = co_await call.body.read(*call.request.body, bounds, options_.spool_dir);
    if (!read) co_return aws::fail(body_error(call, read.error()));
    co_return {};
  }
  aws::ChunkSigning signing;
  if (call.payload.signed_chunks) {
    signing = {.key = std::string(
                   signing_keys_.get(call.credential.secret_access_key, *call.authorization)),
               .amz_date = call.authorization->amz_date,
               .scope = call.authorization->scope(),
               .seed = call.authorization->signature};
  }
  aws::PayloadReader reader(*call.request.body, call.payload, std::move(signing));
  auto read = co_await call.body.read(reader, bounds, options_.spool_dir);
  if (reader.failure()) co_return aws::fail(*reader.failure());
  if (!read) co_return aws::fail(body_error(call, read.error()));
  aws::unframe_headers(call.payload, reader.trailers(), call.request.headers);
  co_return {};
}

ApiError Pipeline::body_error(const Call& call, const Error& error) const {
  if (call.body.budget_exhausted()) return too_busy(call.to_s3());
  if (call.to_s3() && error.code == ErrorCode::kTimeout) {
    return {"RequestTimeout",
            400,
            "Your socket connection to the server was not read from or written to within the "
            "timeout period. Idle connections will be closed.",
            {},
            {}};
  }
  switch (error.code) {
    case ErrorCode::kLimitExceeded:
      if (call.route.operation) return too_large(*call.route.operation, call.to_s3());
      return {"RequestEntityTooLarge", 413, "The request body is too large.", {}, {}};
    case ErrorCode::kTimeout:
      return {"RequestTimeout", 408, "The request body did not arrive in time.", {}, {}};
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kClosed:
      return {"IncompleteBody", 400, "The request body ended too early.", {}, {}};
    default:
      return aws::internal_failure("server", error);
  }
}

Task<ApiResult<void>> Pipeline::verify_signature(Call& call) {
  if (call.unsigned_call()) co_return {};
  if (!call.verified) {
    if (auto checked = check_signature(call, call.body.sha256_hex()); !checked) co_return checked;
  } else if (!call.to_s3() && !call.payload.sha256.empty() &&
             call.payload.sha256 != call.body.sha256_hex()) {
    co_return aws::fail(aws::content_hash_error(call.protocol()));
  }
  call.unproven.release();
  co_return {};
}

Task<ApiResult<void>> Pipeline::find_query_action(Call& call) {
  if (call.route.operation) co_return {};
  auto from_body = parts_.router.route_query(*call.route.service, call.body.view());
  if (!from_body.operation) from_body = parts_.router.route_query(*call.route.service, call.query);
  if (!call.authorization && !(from_body.operation && from_body.operation->unsigned_allowed)) {
    const auto missing = aws::sigv4::parse_authorization(call.request.headers, call.query);
    co_return aws::fail(aws::auth_error(missing.error(), call.protocol()));
  }
  if (!from_body.operation) {
    co_return aws::fail(unknown_action(*call.route.service, call.body.view(), call.query));
  }
  call.route.operation = from_body.operation;
  call.context.operation = from_body.operation->name;
  if (call.body.view().size() > call.route.operation->max_body_bytes)
    co_return aws::fail(too_large(*call.route.operation, call.to_s3()));
  co_return {};
}

// SDKs compress large requests of some operations; the signature was over the compressed bytes.
ApiResult<void> Pipeline::decompress(Call& call) {
  const auto encoding = call.request.headers.get("content-encoding");
  if (!call.route.operation->gzip_request || !encoding ||
      !aws::protocol::ends_with_gzip(*encoding) || call.body.view().empty())
    return {};
  auto plain = aws::protocol::gunzip(call.body.view(), call.route.operation->max_body_bytes);
  if (!plain && plain.error().code == ErrorCode::kLimitExceeded)
    return aws::fail(too_large(*call.route.operation, call.to_s3()));
  if (!plain) return aws::fail({"SerializationException", 400, "The body is not gzip.", {}, {}});
  if (!call.held.take(plain->size())) return aws::fail(too_busy(call.to_s3()));
  call.decompressed = std::move(*plain);
  return {};
}

Task<ApiResult<void>> Pipeline::parse(Call& call) {
  call.operation = parts_.registry.find(*call.route.service, call.route.operation->name);
  if (!call.operation) {
    auto asking = refuse_unbuilt(call);
    if (auto allowed = co_await std::move(asking); !allowed) co_return std::move(allowed);
    co_return aws::fail({"NotImplemented",
                         501,
                         std::string(call.route.service->id) + " " +
                             std::string(call.route.operation->name) +
                             " is not implemented yet by this server.",
                         {},
                         {}});
  }
  if (auto plain = decompress(call); !plain) co_return plain;
  call.input = call.operation->make_input();
  aws::ByteStream stream;
  if (aws::protocol::takes_stream(*call.route.operation))
    stream = aws::ByteStream(std::make_shared<BodySource>(std::move(call.body)));
  const auto* codec = aws::protocol::codec_for(call.protocol());
  const auto parse_now = [&call, &stream, codec]() -> Result<ApiResult<void>> {
    const aws::protocol::WireRequest wire{.method = call.request.method,
                                          .path = call.path,
                                          .query = call.query,
                                          .headers = &call.request.headers,
                                          .body = call.plain_body(),
                                          .stream = stream};
    return codec->parse(wire, *call.route.operation, call.route.uri_labels, call.input.get());
  };
  if (call.plain_body().size() <= kParseInlineBytes) {
    auto parsed = parse_now();
    if (!*parsed) co_return std::move(*parsed);
  } else {
    // What is decoded from the body is as large again.
    if (!call.held.take(call.plain_body().size())) co_return aws::fail(too_busy(call.to_s3()));
    auto task = parts_.pool.run(parts_.home, parse_now);
    auto parsed = co_await std::move(task);
    if (!parsed) co_return aws::fail(aws::internal_failure("server", parsed.error()));
    if (!*parsed) co_return std::move(*parsed);
  }
  if (auto problem = aws::protocol::validate(*call.route.operation->input, call.input.get())) {
    std::string code(aws::protocol::validation_code(*call.route.service, call.protocol()));
    // S3 does not say what is wrong.
    if (call.to_s3() && call.plain_body().empty()) code = "InvalidArgument";
    if (call.to_s3() && code == "MalformedXML")
      problem =
          "The XML you provided was not well-formed or did not validate against our published "
          "schema";
    co_return aws::fail({std::move(code), 400, std::move(*problem), {}, {}});
  }
  co_return {};
}

// As AWS would: who may not do a thing is told that, not that it is missing here.
Task<ApiResult<void>> Pipeline::refuse_unbuilt(Call& call) {
  if (call.unsigned_call()) co_return {};
  const std::string_view name = call.context.service;
  std::string action(name == "monitoring" ? "cloudwatch" : name);
  action.append(":").append(call.route.operation->name);
  auto asking = parts_.authorizer.check_unbuilt(call.context, std::move(action));
  co_return co_await std::move(asking);
}

Task<ApiResult<void>> Pipeline::authorise(Call& call) {
  // S3's resources may be open to everybody; their policies say.
  if (call.unsigned_call() && !call.to_s3()) co_return {};
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
