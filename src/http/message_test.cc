// SPDX-License-Identifier: Apache-2.0
#include "http/message.h"

#include "http/response_head.h"

#include <gtest/gtest.h>

namespace kiln::http {
namespace {

TEST(Headers, CompareNamesWithoutCaseAndKeepOrder) {
  Headers headers;
  headers.add("X-A", "1");
  headers.add("x-b", "2");
  headers.add("x-a", "3");
  EXPECT_EQ(headers.get("X-a"), "1");
  EXPECT_EQ(headers.count("x-A"), 2u);
  headers.set("X-A", "4");
  EXPECT_EQ(headers.count("x-a"), 1u);
  EXPECT_EQ(headers.fields().front().second, "4");
  headers.remove("X-B");
  EXPECT_FALSE(headers.contains("x-b"));
}

TEST(ResponseHead, LeavesOutFieldsThatWouldSplitIt) {
  Headers headers;
  headers.add("X-Good", "1");
  headers.add("X-Bad", "1\r\nSet-Cookie: x");
  headers.add("Content-Length", "99");
  headers.add("transfer-encoding", "chunked");
  std::string out;
  append_response_head(out, 200, headers, {.length = 3}, "", "D");
  EXPECT_EQ(out, "HTTP/1.1 200 OK\r\nX-Good: 1\r\nDate: D\r\nContent-Length: 3\r\n\r\n");
}

}  // namespace
}  // namespace kiln::http
