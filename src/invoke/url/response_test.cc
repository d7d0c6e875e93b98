// SPDX-License-Identifier: Apache-2.0
#include "invoke/url/response.h"

#include <gtest/gtest.h>

namespace kiln::invoke {
namespace {

std::string header(const http::Response& response, std::string_view name) {
  return std::string(response.headers.get(name).value_or("(none)"));
}

// What AWS answered to these was recorded; a string comes without its quotes.
TEST(UrlResponse, IsInferredWithoutStatusCode) {
  for (const auto& [payload, body] :
       {std::pair<const char*, const char*>{R"({"hello":"world"})", R"({"hello":"world"})"},
        {R"(["hello",3,true])", R"(["hello",3,true])"},
        {R"("hel\"lo")", R"(hel"lo)"},
        {"3.1", "3.1"},
        {"null", "null"},
        {R"({"body":"x"})", R"({"body":"x"})"}}) {
    const auto response = make_url_response(payload);
    ASSERT_TRUE(response) << payload;
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(response->body, body);
    EXPECT_EQ(header(*response, "content-type"), "application/json");
  }
}

TEST(UrlResponse, SaysItAll) {
  const auto response = make_url_response(
      R"({"statusCode":201,"headers":{"X-A":"b","n":5,"Content-Type":"text/html"},)"
      R"("body":"<p>","cookies":["a=1; Secure","b=2"]})");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 201);
  EXPECT_EQ(response->body, "<p>");
  EXPECT_EQ(header(*response, "x-a"), "b");
  EXPECT_EQ(header(*response, "n"), "5");
  EXPECT_EQ(header(*response, "content-type"), "text/html");
  EXPECT_EQ(response->headers.count("set-cookie"), 2U);
}

TEST(UrlResponse, StatusMayBeTextAndBodyBase64) {
  const auto response =
      make_url_response(R"({"statusCode":"418","body":"AP8=","isBase64Encoded":true})");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 418);
  EXPECT_EQ(response->body, std::string("\0\xff", 2));
  EXPECT_EQ(header(*response, "content-type"), "application/json");
}

TEST(UrlResponse, WhatMakesNoResponseIsRefused) {
  for (const char* bad :
       {"{", "not json", R"({"statusCode":99})", R"({"statusCode":600})", R"({"statusCode":101})",
        R"({"statusCode":"ok"})", R"({"statusCode":[]})", R"({"statusCode":200,"headers":[]})",
        R"({"statusCode":200,"headers":{"a":["b"]}})", R"({"statusCode":200,"cookies":"a=1"})",
        R"({"statusCode":200,"headers":{"a b":"c"}})",
        R"({"statusCode":200,"headers":{"a":"b\r\nc: d"}})",
        R"({"statusCode":200,"cookies":["a=1\nb"]})",
        R"({"statusCode":200,"body":"!","isBase64Encoded":true})"})
    EXPECT_FALSE(make_url_response(bad)) << bad;
}

TEST(UrlResponse, HeadersOfTheServerAreRenamed) {
  const auto response = make_url_response(
      R"({"statusCode":200,"headers":{"Content-Length":"7","date":"d","WWW-Authenticate":"Basic",)"
      R"("Transfer-Encoding":"chunked","Server":"me"}})");
  ASSERT_TRUE(response);
  EXPECT_EQ(header(*response, "x-amzn-remapped-content-length"), "7");
  EXPECT_EQ(header(*response, "x-amzn-remapped-date"), "d");
  EXPECT_EQ(header(*response, "x-amzn-remapped-www-authenticate"), "Basic");
  EXPECT_EQ(header(*response, "x-amzn-remapped-server"), "me");
  EXPECT_FALSE(response->headers.contains("transfer-encoding"));
  EXPECT_FALSE(response->headers.contains("content-length"));
}

TEST(UrlResponse, PreludeMakesTheHead) {
  const auto head = make_url_head(R"({"statusCode":404,"headers":{"a":"b"},"cookies":["c=1"]})");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->status, 404);
  EXPECT_EQ(header(*head, "a"), "b");
  EXPECT_EQ(header(*head, "set-cookie"), "c=1");
  EXPECT_EQ(header(*head, "content-type"), "application/octet-stream");
  EXPECT_EQ(make_url_head("{}")->status, 200);
  EXPECT_FALSE(make_url_head("[]"));
  EXPECT_FALSE(make_url_head(""));
}

}  // namespace
}  // namespace kiln::invoke
