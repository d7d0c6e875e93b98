// SPDX-License-Identifier: Apache-2.0
#include "aws/sigv4.h"
#include "base/crypto.h"

#include <gtest/gtest.h>

namespace kiln::aws::sigv4 {
namespace {

const Timestamp kNow = *parse_amz_date("20260131T102030Z");

Signer signer(std::string service) {
  return {"AKIDEXAMPLE", "secret", "", "us-east-1", std::move(service)};
}

bool verifies(const http::Headers& headers, std::string_view method, std::string_view path,
              std::string_view query, std::string_view body) {
  auto a = parse_authorization(headers);
  if (!a) return false;
  return check_signature(*a, {method, path, query, &headers}, sha256_hex(body), "secret")
      .has_value();
}

TEST(Sign, what_it_signs_verifies) {
  http::Headers headers;
  headers.add("Host", "127.0.0.1:4566");
  headers.add("Content-Type", "application/json");
  headers.add("X-Amz-Target", "Logs_20140328.PutLogEvents");
  headers.add("User-Agent", "any");
  sign(signer("logs"), "POST", "/a//b/../c%20d", "z=1&a=%2f", headers, "{}", kNow);
  EXPECT_TRUE(verifies(headers, "POST", "/a//b/../c%20d", "z=1&a=%2f", "{}"));
  EXPECT_TRUE(verifies(headers, "POST", "/a/c%20d", "a=%2F&z=1", "{}"));
  EXPECT_FALSE(verifies(headers, "POST", "/a/c d", "a=%2F&z=1", "{}"));
  EXPECT_FALSE(verifies(headers, "POST", "/a/c%20d", "a=%2F&z=2", "{}"));
  headers.set("User-Agent", "proxy");
  EXPECT_TRUE(verifies(headers, "POST", "/a/c%20d", "a=%2F&z=1", "{}"));
  headers.set("X-Amz-Target", "Logs_20140328.DeleteLogGroup");
  EXPECT_FALSE(verifies(headers, "POST", "/a/c%20d", "a=%2F&z=1", "{}"));
}

TEST(Sign, token_is_set_and_signed) {
  http::Headers headers;
  headers.add("Host", "h");
  Signer s = signer("sts");
  s.session_token = "token";
  sign(s, "POST", "/", "", headers, "", kNow);
  EXPECT_EQ(headers.get("x-amz-security-token"), "token");
  EXPECT_TRUE(verifies(headers, "POST", "/", "", ""));
  headers.set("X-Amz-Security-Token", "other");
  EXPECT_FALSE(verifies(headers, "POST", "/", "", ""));
}

TEST(CanonicalRequest, s3_paths_are_not_normalised_and_encoded_once) {
  http::Headers headers;
  headers.add("Host", "h");
  const std::string text = canonical_request({"GET", "/b//k%20/../x", "", &headers}, {"host"},
                                             "UNSIGNED-PAYLOAD", false);
  EXPECT_EQ(text, "GET\n/b//k%20/../x\n\nhost:h\n\nhost\nUNSIGNED-PAYLOAD");
}

TEST(SigningKeyCache, answers_the_derived_key_and_stays_bounded) {
  SigningKeyCache cache(2);
  Authorization a;
  a.date = "20260131";
  a.region = "us-east-1";
  a.service = "lambda";
  EXPECT_EQ(cache.get("s", a), signing_key("s", "20260131", "us-east-1", "lambda"));
  EXPECT_EQ(cache.get("s", a), signing_key("s", "20260131", "us-east-1", "lambda"));
  EXPECT_EQ(cache.misses(), 1u);
  EXPECT_EQ(cache.get("t", a), signing_key("t", "20260131", "us-east-1", "lambda"));
  cache.get("s", a);  // now "t" is the oldest
  cache.get("u", a);
  EXPECT_EQ(cache.size(), 2u);
  cache.get("s", a);
  EXPECT_EQ(cache.misses(), 3u);
  EXPECT_EQ(cache.get("t", a), signing_key("t", "20260131", "us-east-1", "lambda"));
  EXPECT_EQ(cache.misses(), 4u);
}

}  // namespace
}  // namespace kiln::aws::sigv4
