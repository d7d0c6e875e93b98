// SPDX-License-Identifier: Apache-2.0
#include "aws/auth_errors.h"
#include "aws/sigv4.h"

#include <gtest/gtest.h>

namespace kiln::aws::sigv4 {
namespace {

using Kind = Failure::Kind;
constexpr const char* kGood =
    "AWS4-HMAC-SHA256 Credential=AK/20260131/eu-west-1/lambda/aws4_request, "
    "SignedHeaders=host;x-amz-date, Signature=ab12";

http::Headers headers(std::string authorization, std::string date = "20260131T102030Z") {
  http::Headers out;
  out.add("Host", "127.0.0.1:4566");
  if (!date.empty()) out.add("X-Amz-Date", std::move(date));
  if (!authorization.empty()) out.add("authorization", std::move(authorization));
  return out;
}

Failure failure_of(const http::Headers& h, std::string_view query = {}) {
  auto parsed = parse_authorization(h, query);
  EXPECT_FALSE(parsed);
  return parsed ? Failure{} : parsed.error();
}

TEST(ParseAuthorization, reads_all_parts) {
  auto a = parse_authorization(headers(kGood));
  ASSERT_TRUE(a) << a.error().message;
  EXPECT_EQ(a->access_key_id, "AK");
  EXPECT_EQ(a->scope(), "20260131/eu-west-1/lambda/aws4_request");
  EXPECT_EQ(a->signed_headers, (std::vector<std::string>{"host", "x-amz-date"}));
  EXPECT_EQ(a->signature, "ab12");
  EXPECT_EQ(a->amz_date, "20260131T102030Z");
}

TEST(ParseAuthorization, takes_parts_in_any_order_without_blanks) {
  auto a = parse_authorization(
      headers("AWS4-HMAC-SHA256 Signature=ab,SignedHeaders=host,Credential=a/b/c/d/e"));
  ASSERT_TRUE(a);
  EXPECT_EQ(a->region, "c");
}

TEST(ParseAuthorization, takes_a_date_header_in_http_form) {
  auto h = headers(kGood, "");
  h.add("Date", "Sat, 31 Jan 2026 10:20:30 GMT");
  auto a = parse_authorization(h);
  ASSERT_TRUE(a);
  EXPECT_EQ(a->amz_date, "20260131T102030Z");
}

TEST(ParseAuthorization, without_aws4_there_is_no_token) {
  EXPECT_EQ(failure_of(headers("")).kind, Kind::kMissingToken);
  EXPECT_EQ(failure_of(headers("Bearer x")).kind, Kind::kMissingToken);
  EXPECT_EQ(failure_of(headers("AWS AK:sig")).kind, Kind::kMissingToken);
}

TEST(ParseAuthorization, names_every_missing_part) {
  const auto f = failure_of(headers("AWS4-HMAC-SHA256 Signature=b", ""));
  EXPECT_EQ(f.kind, Kind::kIncompleteSignature);
  EXPECT_EQ(f.message,
            "Authorization header requires 'Credential' parameter. Authorization header requires "
            "'SignedHeaders' parameter. Authorization header requires existence of either a "
            "'X-Amz-Date' or a 'Date' header. Authorization=AWS4-HMAC-SHA256 Signature=b");
}

TEST(ParseAuthorization, checks_in_awss_order) {
  const std::string credential = "Credential=a/b/c/d, SignedHeaders=x, Signature=c";
  EXPECT_EQ(failure_of(headers("AWS4-X " + credential, "201")).message,
            "Date must be in ISO-8601 'basic format'. Got '201'. See "
            "http://en.wikipedia.org/wiki/ISO_8601");
  auto f = failure_of(headers("AWS4-X " + credential));
  EXPECT_EQ(f.kind, Kind::kInvalidSignature);
  EXPECT_EQ(f.message, "'Host' must be a 'SignedHeader' in the AWS Authorization.");
  f = failure_of(headers("AWS4-X Credential=a/b/c/d, SignedHeaders=host, Signature=c"));
  EXPECT_EQ(f.message, "Unsupported AWS 'algorithm': 'AWS4-X' (only AWS4-HMAC-SHA256 for now). ");
  f = failure_of(headers("AWS4-HMAC-SHA256 Credential=a/b/c/d, SignedHeaders=host, Signature=c"));
  EXPECT_EQ(f.kind, Kind::kIncompleteSignature);
  EXPECT_EQ(f.message,
            "Credential must have exactly 5 slash-delimited elements, e.g. "
            "keyid/date/region/service/term, got 'a/b/c/d'");
}

TEST(ParseAuthorization, refuses_header_and_query_at_once) {
  const auto f = failure_of(headers(kGood), "a=b&X-Amz-Algorithm=AWS4-HMAC-SHA256");
  EXPECT_EQ(f.kind, Kind::kInvalidSignature);
  EXPECT_EQ(f.message,
            "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP "
            "header.");
}

TEST(PeekAuthorization, reads_the_scope_only) {
  auto a = peek_authorization(headers(kGood, ""));
  ASSERT_TRUE(a);
  EXPECT_EQ(a->service, "lambda");
  EXPECT_FALSE(peek_authorization(headers("")));
  EXPECT_FALSE(peek_authorization(headers("AWS4-HMAC-SHA256 Credential=a/b")));
}

std::string scope_message(std::string_view credential, Timestamp now,
                          std::string date = "20260131T102030Z") {
  const auto h = headers("AWS4-HMAC-SHA256 Credential=" + std::string(credential) +
                             ", SignedHeaders=host, Signature=c",
                         std::move(date));
  auto a = parse_authorization(h);
  EXPECT_TRUE(a);
  auto checked = check_scope(*a, h, "dynamodb", now);
  return checked ? "" : checked.error().message;
}

const Timestamp kNow = *parse_amz_date("20260131T102030Z");

TEST(CheckScope, concatenates_all_faults) {
  EXPECT_EQ(scope_message("a/b/C_/d/e", kNow),
            "Credential should be scoped to a valid region, not 'C_'. Credential should be scoped "
            "to correct service: 'dynamodb'. Credential should be scoped with a valid terminator: "
            "'aws4_request', not 'e'. Date in Credential scope does not match YYYYMMDD from "
            "ISO-8601 version of date from HTTP: 'b' != '20260131', from '20260131T102030Z'.");
}

TEST(CheckScope, allows_fifteen_minutes_either_way) {
  const std::string good = "a/20260131/us-east-1/dynamodb/aws4_request";
  EXPECT_EQ(scope_message(good, {kNow.ms + kMaxSkewMs}), "");
  EXPECT_EQ(scope_message(good, {kNow.ms - kMaxSkewMs}), "");
  EXPECT_EQ(scope_message(good, {kNow.ms + kMaxSkewMs + 1500}),
            "Signature expired: 20260131T102030Z is now earlier than 20260131T102031Z "
            "(20260131T103531Z - 15 min.)");
  EXPECT_EQ(scope_message(good, {kNow.ms - kMaxSkewMs - 1000}),
            "Signature not yet current: 20260131T102030Z is still later than 20260131T102029Z "
            "(20260131T100529Z + 15 min.)");
}

TEST(AuthErrors, code_and_status_follow_the_service_family) {
  const Failure bad{Kind::kInvalidSignature, "m"}, part{Kind::kIncompleteSignature, "m"},
      none{Kind::kMissingToken, "m"};
  const auto check = [](const ApiError& e, const char* code, int status) {
    EXPECT_EQ(e.code, code);
    EXPECT_EQ(e.http_status, status);
  };
  check(auth_error(bad, Protocol::kJson11), "InvalidSignatureException", 400);
  check(auth_error(bad, Protocol::kRestJson), "InvalidSignatureException", 403);
  check(auth_error(bad, Protocol::kQuery), "SignatureDoesNotMatch", 403);
  check(auth_error(part, Protocol::kRestJson), "IncompleteSignatureException", 403);
  check(auth_error(part, Protocol::kQuery), "IncompleteSignature", 400);
  check(auth_error(none, Protocol::kJson11), "MissingAuthenticationTokenException", 400);
  check(auth_error(none, Protocol::kQuery), "MissingAuthenticationToken", 403);
  check(unknown_key_error(Protocol::kJson10), "UnrecognizedClientException", 400);
  check(unknown_key_error(Protocol::kRestJson), "UnrecognizedClientException", 403);
  check(unknown_key_error(Protocol::kQuery), "InvalidClientTokenId", 403);
  check(unknown_key_error(Protocol::kRestXml), "InvalidAccessKeyId", 403);
  check(expired_token_error(Protocol::kQuery), "ExpiredToken", 403);
  check(expired_token_error(Protocol::kJson11), "ExpiredTokenException", 400);
  check(bad_token_error(Protocol::kRestXml), "InvalidToken", 400);
  EXPECT_EQ(auth_error(none, Protocol::kRestJson).message, "Missing Authentication Token");
  EXPECT_EQ(auth_error(none, Protocol::kJson11).message, "Request is missing Authentication Token");
}

}  // namespace
}  // namespace kiln::aws::sigv4
