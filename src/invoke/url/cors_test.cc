// SPDX-License-Identifier: Apache-2.0
#include "invoke/url/cors.h"

#include <gtest/gtest.h>

namespace kiln::invoke {
namespace {

class UrlCorsRules : public ::testing::Test {
 protected:
  UrlCorsRules() {
    auto& cors = url.cors.emplace();
    cors.allow_origins = {"https://shop.example"};
    cors.allow_methods = {"GET", "PUT"};
    cors.allow_headers = {"X-Token", "content-type"};
    cors.expose_headers = {"X-Left", "Date"};
    cors.max_age = 60;
    request.add("Origin", "https://shop.example");
    request.add("Access-Control-Request-Method", "PUT");
  }
  std::optional<http::Response> preflight() { return answer_preflight(url, "OPTIONS", request); }
  static std::string get(const http::Headers& headers, const char* name) {
    return std::string(headers.get(name).value_or("(none)"));
  }
  lambda::FunctionUrl url;
  http::Headers request;
};

TEST_F(UrlCorsRules, PreflightOfAnAllowedOrigin) {
  request.add("Access-Control-Request-Headers", "x-token, Content-Type");
  const auto answer = preflight();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  const auto& headers = answer->headers;
  EXPECT_EQ(get(headers, "access-control-allow-origin"), "https://shop.example");
  EXPECT_EQ(get(headers, "vary"), "Origin");
  EXPECT_EQ(get(headers, "access-control-allow-methods"), "GET,PUT");
  EXPECT_EQ(get(headers, "access-control-allow-headers"), "X-Token,content-type");
  EXPECT_EQ(get(headers, "access-control-max-age"), "60");
  EXPECT_FALSE(headers.contains("access-control-allow-credentials"));
}

TEST_F(UrlCorsRules, PreflightOfAnythingElseAllowsNothing) {
  const auto refused = [this](const char* name, const char* value) {
    http::Headers kept = request;
    request.set(name, value);
    const auto answer = preflight();
    request = kept;
    return answer && !answer->headers.contains("access-control-allow-origin");
  };
  EXPECT_TRUE(refused("Origin", "https://evil.example"));
  EXPECT_TRUE(refused("Access-Control-Request-Method", "DELETE"));
  EXPECT_TRUE(refused("Access-Control-Request-Headers", "X-Token,X-Other"));
}

TEST_F(UrlCorsRules, OtherRequestsReachTheFunction) {
  EXPECT_FALSE(answer_preflight(url, "GET", request));
  request.remove("Access-Control-Request-Method");
  EXPECT_FALSE(preflight());
  request.add("Access-Control-Request-Method", "PUT");
  url.cors.reset();
  EXPECT_FALSE(preflight());
}

TEST_F(UrlCorsRules, ResponsesSayWhatMayBeRead) {
  http::Headers response;
  add_cors_headers(url, request, response);
  EXPECT_EQ(get(response, "access-control-allow-origin"), "https://shop.example");
  EXPECT_EQ(get(response, "access-control-expose-headers"), "X-Left,Date");
  http::Headers none;
  request.set("Origin", "https://evil.example");
  add_cors_headers(url, request, none);
  EXPECT_TRUE(none.fields().empty());
}

TEST_F(UrlCorsRules, WildcardsNameTheOriginOnlyWithCredentials) {
  url.cors->allow_origins = {"*"};
  url.cors->allow_methods = {"*"};
  url.cors->allow_headers = {"*"};
  request.add("Access-Control-Request-Headers", "anything");
  EXPECT_EQ(get(preflight()->headers, "access-control-allow-origin"), "*");
  EXPECT_EQ(get(preflight()->headers, "access-control-allow-methods"), "*");
  url.cors->allow_credentials = true;
  const auto answer = preflight();
  EXPECT_EQ(get(answer->headers, "access-control-allow-origin"), "https://shop.example");
  EXPECT_EQ(get(answer->headers, "access-control-allow-credentials"), "true");
  EXPECT_EQ(get(answer->headers, "access-control-allow-methods"), "PUT");
  EXPECT_EQ(get(answer->headers, "access-control-allow-headers"), "anything");
}

}  // namespace
}  // namespace kiln::invoke
