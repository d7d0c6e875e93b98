// SPDX-License-Identifier: Apache-2.0
#include "lambda/model/function_url.h"

#include <gtest/gtest.h>

namespace kiln::lambda {
namespace {

constexpr std::string_view kId = "abcdefghijklmnopqrstuvwxyz234567";

std::string host(std::string_view rest) { return std::string(kId) + std::string(rest); }

FunctionUrl example() {
  FunctionUrl url;
  url.function = {.account = "123456789012", .region = "eu-west-1", .name = "shop"};
  url.id = kId;
  return url;
}

std::string address(std::string_view from_host, const UrlNames& names) {
  aws::RequestContext context;
  context.host = from_host;
  return url_address(context, example(), names);
}

TEST(FunctionUrl, HostNamesIdAndRegion) {
  for (const char* domain :
       {"localhost", "localhost:4566", "LOCALHOST.", "on.aws:443", "kiln.test"}) {
    const auto found = find_url_target(host(std::string(".Lambda-Url.eu-west-1.") + domain),
                                       "/a/b?c=d", "kiln.test");
    ASSERT_TRUE(found) << domain;
    EXPECT_EQ(found->id, kId);
    EXPECT_EQ(found->region, "eu-west-1");
    EXPECT_EQ(found->path, "/a/b");
    EXPECT_FALSE(found->by_path);
  }
}

TEST(FunctionUrl, OtherHostsAreForTheApi) {
  for (const auto& other :
       {std::string("localhost:4566"), std::string(), host(""), host("."), host(".lambda-url"),
        host(".lambda-url.eu-west-1"), host(".lambda-url..localhost"),
        host(".lambda-url.eu-west-1.example.com"), host(".lambda-url.eu-west-1.localhost.evil.com"),
        host(".s3.eu-west-1.localhost"), "x" + host(".lambda-url.eu-west-1.localhost"),
        std::string("ABCDEFGHIJKLMNOPQRSTUVWXYZ23456_.lambda-url.eu-west-1.localhost")})
    EXPECT_FALSE(find_url_target(other, "/", "kiln.test")) << other;
}

TEST(FunctionUrl, PathNamesTheId) {
  const auto found = find_url_target("127.0.0.1", "/_kiln/url/some-id/a//b?q", "");
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->by_path);
  EXPECT_EQ(found->id, "some-id");
  EXPECT_EQ(found->path, "/a//b");
  EXPECT_EQ(find_url_target("h", "/_kiln/url/some-id?q", "")->path, "/");
  EXPECT_FALSE(find_url_target("h", "/_kiln/urls/some-id", ""));
  EXPECT_FALSE(find_url_target("h", "/x?/_kiln/url/some-id", ""));
}

TEST(FunctionUrl, AddressIsOneThatTheCallerCanUse) {
  const std::string by_name = "http://" + host(".lambda-url.eu-west-1.localhost:4566/");
  EXPECT_EQ(address("localhost:4566", {}), by_name);
  EXPECT_EQ(address("127.0.0.1:4566", {}), by_name);
  EXPECT_EQ(address("[::1]:4566", {}), by_name);
  EXPECT_EQ(address("127.0.0.1:4566", {.domain = "", .resolvable = false}),
            "http://127.0.0.1:4566/_kiln/url/" + std::string(kId) + "/");
  // From inside an environment, and from elsewhere.
  EXPECT_EQ(address("169.254.100.1:4566", {}),
            "http://169.254.100.1:4566/_kiln/url/" + std::string(kId) + "/");
  EXPECT_EQ(address("kiln.test:80", {.domain = "kiln.test"}),
            "http://" + host(".lambda-url.eu-west-1.kiln.test:80/"));
}

TEST(FunctionUrl, ArnHasTheAlias) {
  FunctionUrl url = example();
  EXPECT_EQ(url.arn(), "arn:aws:lambda:eu-west-1:123456789012:function:shop");
  url.qualifier = "live";
  EXPECT_EQ(url.arn(), "arn:aws:lambda:eu-west-1:123456789012:function:shop:live");
}

}  // namespace
}  // namespace kiln::lambda
