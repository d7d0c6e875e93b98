// SPDX-License-Identifier: Apache-2.0
// What the server refuses, and whom it stops waiting for.
#include "async/event.h"
#include "http/server.h"
#include "http/test_support.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kiln::http {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

std::string answer_to(int port, std::string_view bytes) {
  RawClient client(port);
  client.send(bytes);
  return client.read_to_end();
}

Task<Response> hello(Request&) { co_return text_response("hello"); }

TEST(ServerLimits, AnswersMalformedRequestsAndCloses) {
  TestServer server(hello);
  constexpr const char* kTwoLengths =
      "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
      "0\r\n\r\n";
  const char* const requests[] = {
      "\x16\x03\x01\x02",
      "GET / HTTP/1.1\nHost: h\n\n",
      "GET /\r\n\r\n",
      "GET / HTTP/1.1\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: h\r\nA : b\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: h\r\nA: b\r\n c\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
      kTwoLengths,
  };
  for (const char* request : requests) {
    const std::string answer = answer_to(server.port(), request);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 ")) << request;
    EXPECT_THAT(answer, HasSubstr("Connection: close\r\n")) << request;
  }
  EXPECT_EQ(server.metrics().counter("test_bad_requests_total").value(), 8);
  EXPECT_EQ(server.metrics().counter("test_requests_total").value(), 0);
}

TEST(ServerLimits, NothingAfterARefusedRequestIsServed) {
  TestServer server(hello);
  const std::string answer =
      answer_to(server.port(),
                "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n"
                "\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(answer.find("HTTP/1.1", 1), std::string::npos) << answer;
}

TEST(ServerLimits, ABadChunkFailsTheBodyAndCloses) {
  TestServer server(echo);
  EXPECT_THAT(answer_to(server.port(),
                        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                        "3\r\nabcd\r\n0\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"),
              StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(answer_to(server.port(),
                        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3;" +
                            std::string(100'000, 'x')),
              StartsWith("HTTP/1.1 400 "));
}

TEST(ServerLimits, RefusesALongHead) {
  TestServer server(hello);
  const std::string start = "GET / HTTP/1.1\r\nHost: h\r\nX: ";
  EXPECT_THAT(answer_to(server.port(), start + std::string(70'000, 'x')),
              StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(answer_to(server.port(), start + std::string(70'000, 'x') + "\r\n\r\n"),
              StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(
      answer_to(server.port(), start + std::string(60'000, 'x') + "\r\nConnection: close\r\n\r\n"),
      EndsWith("hello"));
}

TEST(ServerLimits, BodiesOverTheLimitAreRefusedBeforeTheyAreRead) {
  TestServer server(echo, {.body_bytes = 10});
  EXPECT_THAT(answer_to(server.port(), "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n"),
              StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(answer_to(server.port(),
                        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                        "b\r\n01234567890\r\n"),
              StartsWith("HTTP/1.1 413 "));
}

TEST(ServerLimits, SlowHeadsAndBodiesEnd) {
  TestServer server(echo, {.head_timeout_ms = 30, .body_idle_timeout_ms = 30});
  EXPECT_THAT(answer_to(server.port(), "GET / HT"), StartsWith("HTTP/1.1 408 "));
  EXPECT_THAT(answer_to(server.port(), "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nab"),
              StartsWith("HTTP/1.1 408 "));
  EXPECT_THAT(answer_to(server.port(),
                        "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\na"),
              StartsWith("HTTP/1.1 408 "));
  EXPECT_EQ(server.metrics().counter("test_timeouts_total").value(), 3);
}

TEST(ServerLimits, ABodyThatTricklesIsCutThoughItNeverPauses) {
  TestServer server(echo, {.body_min_bytes_per_second = 1'000'000, .body_grace_ms = 30});
  RawClient client(server.port());
  client.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n");
  do client.send("x");
  while (!client.answered_within(1));
  EXPECT_THAT(client.read_until("\r\n"), StartsWith("HTTP/1.1 408 "));
  EXPECT_THAT(answer_to(server.port(),
                        "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n"
                        "Connection: close\r\n\r\nab"),
              EndsWith("ab"));
}

TEST(ServerLimits, MoreFieldsThanAllowedAreRefused) {
  TestServer server(hello, {.head_fields = 4});
  const std::string head = "GET / HTTP/1.1\r\nHost: h\r\na:\r\nb:\r\nConnection: close\r\n";
  EXPECT_THAT(answer_to(server.port(), head + "\r\n"), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(answer_to(server.port(), head + "c:\r\n\r\n"), StartsWith("HTTP/1.1 431 "));
}

TEST(ServerLimits, HeadsOfAllConnectionsShareABound) {
  TestServer server(hello, {.buffered_bytes = 40'000});
  const std::string half = "GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(15'000, 'x');
  const auto buffered = [&] { return server.metrics().counter("test_buffered_bytes").value(); };
  {
    RawClient first(server.port()), second(server.port());
    first.send(half);
    while (buffered() < 15'000) std::this_thread::yield();
    second.send(half);
    while (buffered() < 30'000) std::this_thread::yield();
    EXPECT_THAT(answer_to(server.port(), half + "\r\n\r\n"), StartsWith("HTTP/1.1 503 "));
    EXPECT_GE(server.metrics().counter("test_shed_total").value(), 1);
  }
  while (buffered() != 0) std::this_thread::yield();
  EXPECT_THAT(answer_to(server.port(), "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"),
              EndsWith("hello"));
}

TEST(ServerLimits, IdleConnectionsEnd) {
  TestServer server(hello, {.keep_alive_timeout_ms = 30});
  EXPECT_EQ(answer_to(server.port(), ""), "");
  EXPECT_THAT(answer_to(server.port(), "GET / HTTP/1.1\r\nHost: h\r\n\r\n"), EndsWith("hello"));
}

Task<Response> much(Request&) { co_return text_response(std::string(32 << 20, 'x')); }

TEST(ServerLimits, AClientThatDoesNotReadIsCut) {
  TestServer server(much, {.write_idle_timeout_ms = 50});
  RawClient client(server.port());
  client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  while (server.metrics().counter("test_timeouts_total").value() == 0) std::this_thread::yield();
  EXPECT_LT(client.read_to_end().size(), 32u << 20);
}

TEST(ServerLimits, ConnectionsPastTheBoundAreClosed) {
  TestServer server(hello, {.max_connections = 1});
  RawClient first(server.port());
  first.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(first.read_response(), EndsWith("hello"));
  RawClient second(server.port());
  EXPECT_EQ(second.read_to_end(), "");
  EXPECT_EQ(server.metrics().counter("test_shed_total").value(), 1);
}

// A handler that waits until the test lets it go.
struct Held {
  std::shared_ptr<OneShot<bool>> go = std::make_shared<OneShot<bool>>();
  std::shared_ptr<std::atomic<bool>> entered = std::make_shared<std::atomic<bool>>(false);
  Loop** loop;
  static Task<Response> run(Held held) {
    *held.entered = true;
    Clock& clock = (*held.loop)->clock();
    auto wait = held.go->wait(clock, clock.monotonic().plus_ms(5'000), {});
    co_await wait;
    co_return text_response("late");
  }
  Task<Response> operator()(Request&) { return run(*this); }
  void await_entered() const {
    while (!*entered) std::this_thread::yield();
  }
};

TEST(ServerLimits, StopLetsRunningRequestsFinishAndClosesIdleConnections) {
  Loop* loop = nullptr;
  Held held{.loop = &loop};
  TestServer server(held);
  loop = &server.loop();
  RawClient idle(server.port());
  RawClient busy(server.port());
  busy.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  held.await_entered();
  std::thread stopper([&] { server.stop(); });
  EXPECT_EQ(idle.read_to_end(), "");
  loop->post([&] { held.go->set(true); });
  const std::string response = busy.read_to_end();
  EXPECT_THAT(response, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(response, EndsWith("late"));
  stopper.join();
}

TEST(ServerLimits, StopCutsWhatDoesNotFinishInTime) {
  TestServer server(echo, {.drain_ms = 30});
  RawClient client(server.port());
  client.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n");
  client.read_until("\r\n\r\n");
  server.stop();
  EXPECT_EQ(client.read_to_end(), "");
}

}  // namespace
}  // namespace kiln::http
