// SPDX-License-Identifier: Apache-2.0
#include "aws/auth_errors.h"
#include "aws/sigv4.h"
#include "base/crypto.h"

#include <gtest/gtest.h>

namespace kiln::aws::sigv4 {
namespace {

// The example of "Authenticating Requests: Using Query Parameters".
constexpr std::string_view kSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
constexpr std::string_view kHost = "examplebucket.s3.amazonaws.com";
const Timestamp kSignedAt = *parse_amz_date("20130524T000000Z");
const std::string kQuery =
    "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1"
    "%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
    "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";

http::Headers host_only(std::string_view host = kHost) {
  http::Headers headers;
  headers.add("Host", std::string(host));
  return headers;
}

std::string without(std::string query, std::string_view name) {
  const auto at = query.find(name);
  const auto end = query.find('&', at);
  return query.erase(at, end == std::string::npos ? end : end - at + 1);
}

std::string with(std::string query, std::string_view name, std::string_view value) {
  return without(std::move(query), std::string(name) + "=") + "&" + std::string(name) + "=" +
         std::string(value);
}

ApiError s3_error_of(const std::string& query, Timestamp now = kSignedAt) {
  auto a = parse_authorization(host_only(), query);
  if (!a) return auth_error(a.error(), Protocol::kRestXml);
  auto scope = check_scope(*a, host_only(), "s3", now);
  EXPECT_FALSE(scope);
  return scope ? ApiError{} : auth_error(scope.error(), Protocol::kRestXml);
}

TEST(Presigned, the_documented_example_verifies) {
  const auto a = parse_authorization(host_only(), kQuery);
  ASSERT_TRUE(a) << a.error().message;
  EXPECT_TRUE(a->presigned);
  EXPECT_EQ(a->access_key_id, "AKIAIOSFODNN7EXAMPLE");
  EXPECT_EQ(a->expires_seconds, 86400);
  const auto headers = host_only();
  EXPECT_TRUE(check_scope(*a, headers, "s3", {kSignedAt.ms + 86'400'000}));
  const SignedRequest request{"GET", "/test.txt", kQuery, &headers};
  EXPECT_TRUE(check_signature(*a, request, kUnsignedPayload, kSecret));
  EXPECT_FALSE(check_signature(*a, request, sha256_hex(""), kSecret));
  SignedRequest other = request;
  other.method = "PUT";
  EXPECT_FALSE(check_signature(*a, other, kUnsignedPayload, kSecret));
  const std::string longer = with(kQuery, "X-Amz-Expires", "86401");
  other = request;
  other.query = longer;
  EXPECT_FALSE(check_signature(*a, other, kUnsignedPayload, kSecret));
}

TEST(Presigned, what_it_presigns_verifies_with_its_token) {
  const Signer signer{"ASIA", "secret", "a/token+=", "eu-west-1", "lambda"};
  const auto headers = host_only("127.0.0.1:4566");
  const std::string query = presign(signer, "GET", "/2015-03-31/functions/a%2Fb", "b=2&a=%20",
                                    "127.0.0.1:4566", sha256_hex(""), 60, kSignedAt);
  const auto a = parse_authorization(headers, query);
  ASSERT_TRUE(a) << a.error().message;
  EXPECT_EQ(a->session_token, "a/token+=");
  EXPECT_EQ(peek_authorization(headers, query)->service, "lambda");
  EXPECT_TRUE(check_signature(*a, {"GET", "/2015-03-31/functions/a%2Fb", query, &headers},
                              sha256_hex(""), "secret"));
  const std::string changed = with(query, "X-Amz-Security-Token", "other");
  EXPECT_FALSE(check_signature(*a, {"GET", "/2015-03-31/functions/a%2Fb", changed, &headers},
                               sha256_hex(""), "secret"));
}

TEST(Presigned, s3_says_what_expired_and_when) {
  const auto error = s3_error_of(kQuery, {kSignedAt.ms + 86'401'000});
  EXPECT_EQ(error.code, "AccessDenied");
  EXPECT_EQ(error.http_status, 403);
  EXPECT_EQ(error.message, "Request has expired");
  EXPECT_EQ(error.fields, (std::vector<std::pair<std::string, std::string>>{
                              {"X-Amz-Expires", "86400"},
                              {"Expires", "2013-05-25T00:00:00Z"},
                              {"ServerTime", "2013-05-25T00:00:01Z"}}));
  const auto early = s3_error_of(kQuery, {kSignedAt.ms - kMaxSkewMs - 1000});
  EXPECT_EQ(early.code, "AccessDenied");
  EXPECT_EQ(early.message, "Request is not valid yet");
}

TEST(Presigned, s3_names_wrong_parameters) {
  const auto check = [](const std::string& query, std::string_view text) {
    const auto error = s3_error_of(query);
    EXPECT_EQ(error.code, "AuthorizationQueryParametersError");
    EXPECT_EQ(error.http_status, 400);
    EXPECT_NE(error.message.find(text), std::string::npos) << error.message;
  };
  check(with(kQuery, "X-Amz-Expires", "604801"), "must be less than a week (in seconds)");
  check(with(kQuery, "X-Amz-Expires", "99999999999999999999"), "must be less than a week");
  check(with(kQuery, "X-Amz-Expires", "-1"), "must be non-negative");
  check(with(kQuery, "X-Amz-Expires", "0"), "must be greater than zero");
  check(with(kQuery, "X-Amz-Expires", "1h"), "should be a number");
  check(with(kQuery, "X-Amz-Expires", ""), "should be a number");
  check(without(kQuery, "X-Amz-Expires"), "version 4 requires the X-Amz-Algorithm");
  check(without(kQuery, "X-Amz-Signature"), "version 4 requires the X-Amz-Algorithm");
  check(with(kQuery, "X-Amz-Date", "yesterday"), "X-Amz-Date must be in the ISO8601 Long Format");
  check(with(kQuery, "X-Amz-Algorithm", "AWS4-ECDSA-P256-SHA256"), "X-Amz-Algorithm only supports");
  check(with(kQuery, "X-Amz-Credential", "a%2Fb"), "the Credential is mal-formed; expecting");
  check(with(kQuery, "X-Amz-Credential", "a%2F20130524%2Fus-east-1%2Fsqs%2Faws4_request"),
        "incorrect service \"sqs\". This endpoint belongs to \"s3\".");
  check(with(kQuery, "X-Amz-Credential", "a%2F20130523%2Fus-east-1%2Fs3%2Faws4_request"),
        "Invalid credential date \"20130523\"");
}

TEST(Presigned, other_services_name_every_missing_parameter) {
  const auto a = parse_authorization(host_only(), "Action=x&X-Amz-Algorithm=");
  ASSERT_FALSE(a);
  EXPECT_EQ(a.error().kind, Failure::Kind::kIncompleteSignature);
  EXPECT_EQ(a.error().message,
            "AWS query-string parameters must include 'X-Amz-Algorithm'. AWS query-string "
            "parameters must include 'X-Amz-Credential'. AWS query-string parameters must include "
            "'X-Amz-Signature'. AWS query-string parameters must include 'X-Amz-SignedHeaders'. "
            "AWS query-string parameters must include 'X-Amz-Date'. Re-examine the query-string "
            "parameters.");
}

TEST(Presigned, other_services_keep_the_life_that_was_asked_for) {
  const auto message_after = [](std::string service, std::int64_t life, std::int64_t seconds) {
    const Signer signer{"AK", "s", "", "us-east-1", service};
    const auto query = presign(signer, "GET", "/", "", kHost, sha256_hex(""), life, kSignedAt);
    const auto a = parse_authorization(host_only(), query);
    auto checked = check_scope(*a, host_only(), service, {kSignedAt.ms + seconds * 1000});
    return checked ? "" : checked.error().message;
  };
  EXPECT_EQ(message_after("lambda", 3600, 3600), "");
  EXPECT_EQ(message_after("lambda", 3600, 3601),
            "Signature expired: 20130524T000000Z is now earlier than 20130524T000001Z "
            "(20130524T010001Z - 60 min.)");
  EXPECT_EQ(message_after("lambda", 5, 6),
            "Signature expired: 20130524T000000Z is now earlier than 20130524T000001Z "
            "(20130524T000006Z - 5 sec.)");
  EXPECT_EQ(message_after("sts", 60, 899), "");
  EXPECT_NE(message_after("sts", 3600, 901), "");
}

TEST(HeaderForm, s3_wording) {
  auto headers = host_only();
  headers.add("X-Amz-Date", "20130524T000000Z");
  const auto error_of = [&headers](std::string text, Timestamp now = kSignedAt) {
    headers.set("Authorization", std::move(text));
    auto a = parse_authorization(headers);
    if (!a) return auth_error(a.error(), Protocol::kRestXml);
    auto scope = check_scope(*a, headers, "s3", now);
    return scope ? ApiError{} : auth_error(scope.error(), Protocol::kRestXml);
  };
  const std::string rest = ", SignedHeaders=host;x-amz-date, Signature=c";
  const std::string good =
      "AWS4-HMAC-SHA256 Credential=a/20130524/us-east-1/s3/aws4_request" + rest;
  auto error = error_of(good, {kSignedAt.ms + kMaxSkewMs + 1000});
  EXPECT_EQ(error.code, "RequestTimeTooSkewed");
  EXPECT_EQ(error.http_status, 403);
  EXPECT_EQ(error.fields[2].second, "900000");
  EXPECT_EQ(error_of("AWS AKIA:sig").code, "InvalidRequest");
  EXPECT_EQ(error_of("Bearer x").message, "Unsupported Authorization Type");
  EXPECT_EQ(error_of("").code, "AccessDenied");
  error = error_of("AWS4-ECDSA-P256-SHA256 Credential=a/20130524/s3/aws4_request" + rest);
  EXPECT_EQ(error.code, "InvalidRequest");
  EXPECT_EQ(peek_authorization(headers)->service, "s3");
  error = error_of("AWS4-HMAC-SHA256 Credential=a/20130524/us-east-1/sqs/aws4_request" + rest);
  EXPECT_EQ(error.code, "AuthorizationHeaderMalformed");
  EXPECT_EQ(error_of("AWS4-HMAC-SHA256 Credential=a" + rest).code, "AuthorizationHeaderMalformed");
}

TEST(HeaderForm, a_wrong_signature_tells_s3_clients_what_should_have_been_signed) {
  auto headers = host_only();
  sign({"AK", "wrong", "", "us-east-1", "s3"}, "GET", "/b/k", "", headers, "", kSignedAt);
  const auto a = parse_authorization(headers);
  const auto checked = check_signature(*a, {"GET", "/b/k", "", &headers}, sha256_hex(""), "right");
  ASSERT_FALSE(checked);
  const auto error = auth_error(checked.error(), Protocol::kRestXml);
  EXPECT_EQ(error.code, "SignatureDoesNotMatch");
  EXPECT_EQ(error.message, kS3SignatureMismatch);
  ASSERT_EQ(error.fields.size(), 6u);
  EXPECT_EQ(error.fields[0], std::pair(std::string("AWSAccessKeyId"), std::string("AK")));
  EXPECT_TRUE(error.fields[1].second.starts_with("AWS4-HMAC-SHA256\n20130524T000000Z\n"));
  EXPECT_TRUE(error.fields[3].second.starts_with("41 57 53 34 2d"));
  EXPECT_TRUE(error.fields[4].second.starts_with("GET\n/b/k\n"));
}

TEST(HeaderForm, s3_refuses_amazon_headers_that_are_not_signed) {
  Authorization a;
  a.signed_headers = {"host", "x-amz-date"};
  auto headers = host_only();
  headers.add("X-Amz-Date", "d");
  headers.add("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD");
  headers.add("X-Amzn-Trace-Id", "t");
  EXPECT_TRUE(check_signed_headers(a, headers));
  headers.add("X-Amz-Acl", "public-read");
  headers.add("X-Amz-Meta-A", "b");
  const auto checked = check_signed_headers(a, headers);
  ASSERT_FALSE(checked);
  const auto error = auth_error(checked.error(), Protocol::kRestXml);
  EXPECT_EQ(error.code, "AccessDenied");
  EXPECT_EQ(error.fields[0].second, "x-amz-acl, x-amz-meta-a");
}

TEST(SignedHeaders, repeated_and_countless_ones_are_refused) {
  auto headers = host_only();
  headers.add("X-Amz-Date", "20130524T000000Z");
  const auto parses = [&headers](std::string names) {
    headers.set("Authorization",
                "AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=" + names + ", Signature=c");
    return parse_authorization(headers).has_value();
  };
  EXPECT_TRUE(parses("host;x-amz-date"));
  EXPECT_FALSE(parses("host;x-amz-date;HOST"));
  std::string many = "host";
  for (std::size_t i = 1; i < kMaxSignedHeaders; ++i) many += ";x" + std::to_string(i);
  EXPECT_TRUE(parses(many));
  EXPECT_FALSE(parses(many + ";y"));
}

}  // namespace
}  // namespace kiln::aws::sigv4
