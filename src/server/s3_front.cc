// SPDX-License-Identifier: Apache-2.0
#include "server/s3_front.h"

#include "aws/auth_errors.h"
#include "aws/protocol/codec.h"
#include "aws/sigv2.h"
#include "aws/sigv4.h"
#include "base/crypto.h"
#include "gen/s3/service.h"
#include "server/host_check.h"
#include "server/request_facts.h"
#include "services/s3/model/cors.h"
#include "services/s3/model/errors.h"

#include <utility>

namespace kiln::server {
namespace {

// What a browser asks about a request, or says of one. S3 looks at the announced method first.
s3::CorsQuestion question_of(const http::Request& request) {
  return {.origin = request.headers.get("Origin").value_or(""),
          .method = request.headers.get("Access-Control-Request-Method").value_or(request.method),
          .headers = request.headers.get("Access-Control-Request-Headers").value_or("")};
}

std::string_view path_of(const http::Request& request) {
  const std::string_view target = request.target;
  return target.substr(0, target.find('?'));
}

std::string_view query_of(const http::Request& request) {
  const std::string_view target = request.target;
  const auto mark = target.find('?');
  return mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
}

}  // namespace

Task<http::Response> S3Front::handle(http::Request& request) {
  const bool from_page = request.method == "OPTIONS" || request.headers.contains("Origin") ||
                         S3FormUpload::is_form(request) ||
                         request.target.find("AWSAccessKeyId=") != std::string::npos ||
                         s3::website_bucket(request.headers.get("Host").value_or(""));
  return from_page ? handle_web(request) : parts_.pipeline.handle(request);
}

Task<http::Response> S3Front::handle_web(http::Request& request) {
  auto place = find_place(request);
  if (request.method == "OPTIONS") {
    auto answering = preflight(request, std::move(place));
    co_return co_await std::move(answering);
  }
  std::optional<s3::CorsRules> rules;
  bool exists = false;
  if (place) {
    auto finding = rules_of(place->bucket, &exists);
    auto found = co_await std::move(finding);
    if (!found) co_return failure(s3::internal_error(found.error()));
    if (request.headers.contains("Origin")) rules = std::move(*found);
  }
  const auto question = question_of(request);
  const auto* rule = rules ? s3::find_cors_rule(*rules, question) : nullptr;
  const bool known = rules && s3::knows_origin(*rules, question.origin);
  auto headers =
      rule ? s3::cors_headers(*rule, question) : std::vector<std::pair<std::string, std::string>>();
  auto proving = find_signer(request, place);
  auto signer = co_await std::move(proving);
  const bool form = exists && place->key.empty() && S3FormUpload::is_form(request) &&
                    (known ? host_allowed(request.headers, extra_hosts_)
                           : host_and_origin_allowed(request.headers, extra_hosts_));
  http::Response response;
  const bool site = s3::website_bucket(request.headers.get("Host").value_or("")).has_value();
  if (site && host_allowed(request.headers, extra_hosts_)) {
    auto serving = parts_.websites.handle(request, place->bucket);
    response = co_await std::move(serving);
  } else if (!signer) {
    response = failure(signer.error());
  } else {
    auto handling =
        form ? parts_.forms.handle(request, place->bucket)
             : parts_.pipeline.handle(request, {.any_origin = known, .caller = std::move(*signer)});
    response = co_await std::move(handling);
  }
  for (auto& [name, value] : headers) response.headers.set(name, std::move(value));
  co_return response;
}

Task<aws::ApiResult<std::optional<aws::Principal>>> S3Front::find_signer(
    http::Request& request, std::optional<Place> place) {
  const auto presigned = aws::sigv2::parse_presigned(query_of(request));
  if (!presigned || !place) co_return std::nullopt;
  constexpr auto kProtocol = aws::Protocol::kRestXml;
  const Timestamp now = parts_.clock.wall();
  auto finding = parts_.credentials.find(presigned->access_key_id, presigned->session_token, now);
  auto found = co_await std::move(finding);
  if (!found) {
    switch (found.error()) {
      case iam::CredentialFailure::kUnknownKey:
        co_return aws::fail(aws::unknown_key_error(kProtocol, presigned->access_key_id));
      case iam::CredentialFailure::kBadToken:
        co_return aws::fail(aws::bad_token_error(kProtocol, presigned->session_token));
      case iam::CredentialFailure::kExpired:
        co_return aws::fail(aws::expired_token_error(kProtocol, presigned->session_token));
    }
  }
  if (presigned->expires * 1'000 < now.ms) {
    co_return aws::fail({"AccessDenied",
                         403,
                         "Request has expired",
                         {{"Expires", format_iso8601({presigned->expires * 1'000})},
                          {"ServerTime", format_iso8601(now)}},
                         {}});
  }
  aws::sigv2::take_headers(query_of(request), request.headers);
  const bool in_host = request.headers.get("Host").value_or("").starts_with(place->bucket + ".");
  const auto text_of = [&](std::string_view path) {
    return aws::sigv2::string_to_sign(
        {.method = request.method,
         .path = path,
         .query = query_of(request),
         .bucket_in_host = in_host ? std::string_view(place->bucket) : std::string_view(),
         .headers = &request.headers},
        presigned->expires);
  };
  const auto holds = [&](const std::string& text) {
    return constant_time_equal(aws::sigv2::signature(found->secret_access_key, text),
                               presigned->signature);
  };
  const std::string path(path_of(request));
  const std::string text = text_of(path);
  // Some write a bucket's path with a slash behind it when they sign.
  const bool bucket_only = place->key.empty() && !path.ends_with('/');
  if (!holds(text) && !(bucket_only && holds(text_of(path + "/")))) {
    co_return aws::fail({"SignatureDoesNotMatch",
                         403,
                         std::string(aws::sigv4::kS3SignatureMismatch),
                         {{"AWSAccessKeyId", presigned->access_key_id},
                          {"StringToSign", text},
                          {"SignatureProvided", presigned->signature}},
                         {}});
  }
  found->principal.access_key_id = presigned->access_key_id;
  co_return std::move(found->principal);
}

Task<http::Response> S3Front::preflight(http::Request& request, std::optional<Place> place) {
  if (!place || !host_allowed(request.headers, extra_hosts_)) {
    auto passing = parts_.pipeline.handle(request);
    co_return co_await std::move(passing);
  }
  bool exists = false;
  auto finding = rules_of(place->bucket, &exists);
  auto rules = co_await std::move(finding);
  if (!rules) co_return failure(s3::internal_error(rules.error()));
  // By its path alone it could be anybody's.
  if (!exists && !place->by_host) {
    auto passing = parts_.pipeline.handle(request);
    co_return co_await std::move(passing);
  }
  if (!request.headers.contains("Origin")) co_return failure(s3::cors_needs_origin());
  const auto asked = request.headers.get("Access-Control-Request-Method").value_or("");
  if (!exists) co_return failure(s3::cors_without_bucket(asked));
  if (!*rules) co_return failure(s3::cors_not_enabled(asked));
  const auto question = question_of(request);
  const auto* rule = s3::find_cors_rule(**rules, question);
  if (!rule) co_return failure(s3::cors_not_allowed(asked, !place->key.empty()));
  http::Response response;
  response.headers.add("x-amz-request-id", s3_request_id(parts_.random.uuid()));
  for (auto& [name, value] : s3::cors_headers(*rule, question))
    response.headers.add(std::move(name), std::move(value));
  co_return response;
}

// As a GET of the same place would be routed. Whoever signed says himself whom it is for.
std::optional<S3Front::Place> S3Front::find_place(const http::Request& request) const {
  if (auto site = s3::website_bucket(request.headers.get("Host").value_or("")))
    return Place{
        .bucket = std::move(*site), .key = S3Website::key_of(path_of(request)), .by_host = true};
  if (request.headers.contains("X-Amz-Target")) return std::nullopt;
  const auto signature = aws::sigv4::peek_authorization(request.headers, query_of(request));
  if (signature && signature->service != "s3") return std::nullopt;
  const std::string_view path = path_of(request);
  auto route = parts_.router.route("GET", path, "", request.headers, "s3");
  if (!route || !route->operation) return std::nullopt;
  const auto bucket = route->uri_labels.find("Bucket");
  if (bucket == route->uri_labels.end()) return std::nullopt;
  Place place{.bucket = std::move(bucket->second), .key = {}, .by_host = false};
  if (const auto key = route->uri_labels.find("Key"); key != route->uri_labels.end())
    place.key = std::move(key->second);
  // Nobody else answers at a host of S3's.
  const auto host = request.headers.get("Host").value_or("");
  place.by_host = host.starts_with("s3.") || host.find(".s3.") != std::string_view::npos ||
                  host.find(".s3-") != std::string_view::npos;
  return place;
}

Task<Result<std::optional<s3::CorsRules>>> S3Front::rules_of(std::string bucket, bool* exists) {
  auto finding = parts_.s3.buckets.find(std::move(bucket));
  KILN_CO_TRY(const s3::BucketPtr found, co_await std::move(finding));
  *exists = found != nullptr;
  const std::string* stored = found ? found->config(std::string(s3::kCorsConfig)) : nullptr;
  if (!stored) co_return std::optional<s3::CorsRules>();
  KILN_CO_TRY(auto rules, s3::decode_cors(*stored));
  co_return std::optional(std::move(rules));
}

http::Response S3Front::failure(const aws::ApiError& error) const {
  return aws::protocol::codec_for(aws::Protocol::kRestXml)
      ->serialize_error(gen::s3::service_model(), error, s3_request_id(parts_.random.uuid()));
}

}  // namespace kiln::server
