// SPDX-License-Identifier: Apache-2.0
#include "http/client.h"

#include "http/server.h"
#include "http/test_support.h"

#include <gtest/gtest.h>

#include <vector>

namespace kiln::http {
namespace {

struct Outcome {
  std::vector<Result<ClientResponse>> responses;
};

Task<void> send_all(Client& client, Loop& loop, std::vector<ClientRequest> requests,
                    std::int64_t timeout_ms, std::stop_token stop, Outcome& outcome) {
  for (ClientRequest& request : requests) {
    auto sending =
        client.send(std::move(request), loop.clock().monotonic().plus_ms(timeout_ms), stop);
    outcome.responses.push_back(co_await sending);
  }
}

Result<ClientResponse> send_one(ClientRequest request, std::int64_t timeout_ms = 5'000,
                                ClientOptions options = {}) {
  Loop loop;
  Client client(loop, options);
  Outcome outcome;
  loop.run_until_complete(send_all(client, loop, {std::move(request)}, timeout_ms, {}, outcome));
  return std::move(outcome.responses.front());
}

TEST(Client, SendsAndReceives) {
  TestServer server(echo);
  const auto response = send_one({.method = "POST", .url = server.url("/p?q=1"), .body = "abc"});
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, "POST /p?q=1 abc");
  EXPECT_TRUE(response->headers.contains("date"));
}

TEST(Client, KeepsItsConnection) {
  TestServer server(echo);
  Loop loop;
  Client client(loop);
  Outcome outcome;
  std::vector<ClientRequest> requests(5, {.url = server.url()});
  loop.run_until_complete(send_all(client, loop, std::move(requests), 5'000, {}, outcome));
  for (const auto& response : outcome.responses) EXPECT_TRUE(response);
  EXPECT_EQ(server.metrics().counter("test_connections").value(), 1);
}

TEST(Client, EndsAtItsDeadline) {
  // Accepts in the kernel only, and never answers.
  Fd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(listener.get(), 8), 0);
  ::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size);
  const std::string url = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/";
  const auto response = send_one({.url = url}, 30);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::kTimeout);
}

TEST(Client, TellsThatNobodyListens) {
  TestServer server(echo);
  const std::string url = server.url();
  server.stop();
  const auto response = send_one({.url = url});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::kIo);
}

TEST(Client, RefusesBadUrlsAndHeaders) {
  for (const char* url : {"", "ftp://h/", "http://", "http://h:x/", "http://h:99999/",
                          "http://u@h/", "http://h/a b", "http://h/\r\nX: y", "http://[::1/"})
    EXPECT_EQ(send_one({.url = url}).error().code, ErrorCode::kInvalidArgument) << url;
  ClientRequest request{.url = "http://127.0.0.1:1/"};
  request.headers.add("X", "a\r\nY: b");
  EXPECT_EQ(send_one(std::move(request)).error().code, ErrorCode::kInvalidArgument);
}

Task<Response> large(Request&) { co_return text_response(std::string(1 << 20, 'x')); }

TEST(Client, BoundsTheResponse) {
  TestServer server(large);
  EXPECT_EQ(send_one({.url = server.url()})->body.size(), 1u << 20);
  EXPECT_EQ(send_one({.url = server.url()}, 5'000, {.max_response_bytes = 1000}).error().code,
            ErrorCode::kLimitExceeded);
}

TEST(Client, HeadHasNoBody) {
  TestServer server(large);
  const auto response = send_one({.method = "HEAD", .url = server.url()});
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body, "");
  EXPECT_EQ(response->headers.get("content-length"), "1048576");
}

}  // namespace
}  // namespace kiln::http
