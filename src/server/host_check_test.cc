// SPDX-License-Identifier: Apache-2.0
#include "server/host_check.h"

#include <gtest/gtest.h>

namespace kiln::server {
namespace {

bool host(const char* host, const std::vector<std::string>& extra = {}) {
  http::Headers headers;
  headers.add("Host", host);
  return host_and_origin_allowed(headers, extra);
}

bool origin(const char* origin) {
  http::Headers headers;
  headers.add("Host", "127.0.0.1:4566");
  headers.add("Origin", origin);
  return host_and_origin_allowed(headers, {});
}

TEST(HostCheck, NamesOfThisMachine) {
  for (const char* good : {"localhost", "LocalHost:4566", "lambda.us-east-1.localhost:4566",
                           "127.0.0.1", "127.9.9.9:1", "[::1]", "[::1]:4566", "169.254.100.1:4566"})
    EXPECT_TRUE(host(good)) << good;
}

TEST(HostCheck, NamesThatMayResolveHere) {
  for (const char* bad : {"", "example.com", "127.0.0.1.example.com", "localhost.example.com",
                          "127.1", "127.0.0.1@example.com", "[::2]", "[", "10.0.0.1", "0.0.0.0"})
    EXPECT_FALSE(host(bad)) << bad;
}

TEST(HostCheck, NamesTheOperatorAdds) {
  EXPECT_TRUE(host("Kiln.Example:443", {"kiln.example"}));
  EXPECT_FALSE(host("other.example", {"kiln.example"}));
}

TEST(HostCheck, OriginsOfPages) {
  EXPECT_TRUE(origin("http://localhost:3000"));
  EXPECT_FALSE(origin("https://example.com"));
  EXPECT_FALSE(origin("null"));
  EXPECT_FALSE(origin("localhost"));
}

}  // namespace
}  // namespace kiln::server
