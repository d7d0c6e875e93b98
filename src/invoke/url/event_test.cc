// SPDX-License-Identifier: Apache-2.0
#include "invoke/url/event.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>

namespace kiln::invoke {
namespace {

namespace json = boost::json;

class UrlEvent : public ::testing::Test {
 protected:
  UrlEvent() {
    headers.add("Host", "id.lambda-url.us-east-1.localhost:4566");
    call = {.method = "POST",
            .path = "/a%20b/",
            .query = "",
            .headers = &headers,
            .body = "",
            .url_id = "id",
            .domain_name = "id.lambda-url.us-east-1.localhost",
            .source_ip = "127.0.0.1",
            .scheme = "http",
            .port = "4566",
            .request_id = "r-1",
            .trace_header = "Root=1-2-3",
            .now = {1'769'854'830'123},
            .owner = "123456789012",
            .caller = nullptr};
  }
  json::object make() { return json::parse(make_url_event(call)).as_object(); }
  http::Headers headers;
  UrlCall call;
};

TEST_F(UrlEvent, HasTheFieldsOfFormat2) {
  const auto event = make();
  EXPECT_EQ(event.at("version"), "2.0");
  EXPECT_EQ(event.at("routeKey"), "$default");
  EXPECT_EQ(event.at("rawPath"), "/a%20b/");
  EXPECT_EQ(event.at("rawQueryString"), "");
  const auto& context = event.at("requestContext").as_object();
  EXPECT_EQ(context.at("accountId"), "anonymous");
  EXPECT_EQ(context.at("apiId"), "id");
  EXPECT_EQ(context.at("domainName"), "id.lambda-url.us-east-1.localhost");
  EXPECT_EQ(context.at("domainPrefix"), "id");
  EXPECT_EQ(context.at("requestId"), "r-1");
  EXPECT_EQ(context.at("stage"), "$default");
  EXPECT_EQ(context.at("time"), "31/Jan/2026:10:20:30 +0000");
  EXPECT_EQ(context.at("timeEpoch"), 1'769'854'830'123);
  EXPECT_EQ(context.at("http").at("method"), "POST");
  EXPECT_EQ(context.at("http").at("path"), "/a%20b/");
  EXPECT_EQ(context.at("http").at("protocol"), "HTTP/1.1");
  EXPECT_EQ(context.at("http").at("sourceIp"), "127.0.0.1");
  EXPECT_EQ(context.at("http").at("userAgent"), "");
}

TEST_F(UrlEvent, LeavesOutWhatIsNotThere) {
  const auto event = make();
  for (const char* name : {"body", "cookies", "queryStringParameters", "pathParameters",
                           "stageVariables", "multiValueHeaders"})
    EXPECT_FALSE(event.contains(name)) << name;
  EXPECT_FALSE(event.at("requestContext").as_object().contains("authorizer"));
  EXPECT_EQ(event.at("isBase64Encoded"), false);
}

TEST_F(UrlEvent, HeadersAreLowerCaseAndJoined) {
  headers.add("X-Thing", "one");
  headers.add("x-thing", "two");
  headers.add("Connection", "keep-alive");
  headers.add("X-Forwarded-For", "192.0.2.1");
  const auto event = make();
  const auto& got = event.at("headers").as_object();
  EXPECT_EQ(got.at("x-thing"), "one,two");
  EXPECT_EQ(got.at("host"), "id.lambda-url.us-east-1.localhost:4566");
  EXPECT_EQ(got.at("x-forwarded-for"), "192.0.2.1, 127.0.0.1");
  EXPECT_EQ(got.at("x-forwarded-port"), "4566");
  EXPECT_EQ(got.at("x-forwarded-proto"), "http");
  EXPECT_EQ(got.at("x-amzn-trace-id"), "Root=1-2-3");
  EXPECT_FALSE(got.contains("connection"));
}

TEST_F(UrlEvent, CookiesAreAListOfTheirOwn) {
  headers.add("Cookie", "a=1; b=2");
  headers.add("cookie", " c=3;");
  const auto event = make();
  EXPECT_EQ(event.at("cookies"), (json::array{"a=1", "b=2", "c=3"}));
  EXPECT_FALSE(event.at("headers").as_object().contains("cookie"));
}

TEST_F(UrlEvent, QueryIsDecodedAndJoined) {
  call.query = "q=1&q=2&x=a+b%2Fc&empty&bad=%zz&%C3%A9=%ff";
  const auto event = make();
  EXPECT_EQ(std::string_view(event.at("rawQueryString").as_string()), call.query);
  const auto& got = event.at("queryStringParameters").as_object();
  EXPECT_EQ(got.at("q"), "1,2");
  EXPECT_EQ(got.at("x"), "a b/c");
  EXPECT_EQ(got.at("empty"), "");
  EXPECT_EQ(got.at("bad"), "%zz");
  EXPECT_EQ(got.at("é"), "\xEF\xBF\xBD");
}

TEST_F(UrlEvent, TextBodiesComeAsTheyAreOthersAsBase64) {
  const auto kind_of = [this](const char* type, const char* body) {
    headers.remove("Content-Type");
    if (type != nullptr) headers.add("Content-Type", type);
    call.body = body;
    const auto event = make();
    const bool base64 = event.at("isBase64Encoded").as_bool();
    EXPECT_EQ(event.at("body") == body, !base64) << type;
    return base64;
  };
  for (const char* text : {"text/plain", "application/json; charset=utf-8", "Application/XML",
                           "application/javascript", "application/problem+json"})
    EXPECT_FALSE(kind_of(text, "{}")) << text;
  for (const char* binary : {"application/octet-stream", "application/x-www-form-urlencoded",
                             "multipart/form-data; boundary=x", "image/png"})
    EXPECT_TRUE(kind_of(binary, "a=b")) << binary;
  EXPECT_TRUE(kind_of("text/plain", "\xff\xfe"));
  headers.add("Content-Encoding", "gzip");
  EXPECT_TRUE(kind_of("text/plain", "zip"));
}

TEST_F(UrlEvent, TellsWhoSigned) {
  aws::Principal caller;
  caller.kind = aws::Principal::Kind::kUser;
  caller.account = "210987654321";
  caller.arn = "arn:aws:iam::210987654321:user/ravi";
  caller.user_id = "AIDA1";
  caller.access_key_id = "AKIA1";
  call.caller = &caller;
  headers.add("Authorization", "AWS4-HMAC-SHA256 Credential=...");
  const auto event = make();
  EXPECT_EQ(event.at("requestContext").at("accountId"), "123456789012");
  const auto& iam = event.at("requestContext").at("authorizer").at("iam").as_object();
  EXPECT_EQ(iam.at("accessKey"), "AKIA1");
  EXPECT_EQ(iam.at("accountId"), "210987654321");
  EXPECT_EQ(iam.at("callerId"), "AIDA1");
  EXPECT_EQ(iam.at("userArn"), "arn:aws:iam::210987654321:user/ravi");
  EXPECT_EQ(iam.at("userId"), "AIDA1");
  EXPECT_TRUE(iam.at("cognitoIdentity").is_null());
  EXPECT_FALSE(event.at("headers").as_object().contains("authorization"));
}

}  // namespace
}  // namespace kiln::invoke
