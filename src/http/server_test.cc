// SPDX-License-Identifier: Apache-2.0
#include "http/server.h"

#include "http/test_support.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

namespace kiln::http {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(Server, KeepsAConnectionForMoreRequests) {
  TestServer server(echo);
  RawClient client(server.port());
  for (int i = 0; i < 3; ++i) {
    client.send("GET /x HTTP/1.1\r\nHost: h\r\n\r\n");
    const std::string response = client.read_response();
    EXPECT_THAT(response, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(response, EndsWith("\r\n\r\nGET /x "));
    EXPECT_THAT(response, Not(HasSubstr("Connection:")));
  }
  client.send("GET /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(client.read_to_end(), HasSubstr("Connection: close\r\n"));
}

TEST(Server, AnswersPipelinedRequestsInOrder) {
  TestServer server(echo);
  RawClient client(server.port());
  std::string requests;
  for (int i = 0; i < 200; ++i) {
    requests += "POST /" + std::to_string(i) + " HTTP/1.1\r\nHost: h\r\n";
    requests += i % 2 ? "Content-Length: 3\r\n\r\nabc"
                      : "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
  }
  client.send(requests);
  for (int i = 0; i < 200; ++i)
    ASSERT_THAT(client.read_response(), EndsWith("POST /" + std::to_string(i) + " abc"));
}

Task<Response> echo_that_may_wait(Request& request) {
  auto answering = echo(request);
  Response response = co_await answering;
  response.may_wait_for_next = true;
  co_return response;
}

TEST(Server, SendsAResponseThatMayWaitAtOnceWhenNothingFollows) {
  TestServer server(echo_that_may_wait);
  RawClient client(server.port());
  client.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(client.read_response(), EndsWith("GET /a "));
  client.send("GET /b HTTP/1.1\r\nHost: h\r\n\r\nGET /c HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(client.read_response(), EndsWith("GET /b "));
  EXPECT_THAT(client.read_response(), EndsWith("GET /c "));
}

TEST(Server, SendsAResponseThatWaitedBeforeItReadsTheNextBody) {
  TestServer server(echo_that_may_wait);
  RawClient client(server.port());
  client.send(
      "GET /a HTTP/1.1\r\nHost: h\r\n\r\nPUT /b HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n"
      "Expect: 100-continue\r\n\r\n");
  EXPECT_THAT(client.read_response(), EndsWith("GET /a "));
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("ok");
  EXPECT_THAT(client.read_response(), EndsWith("PUT /b ok"));
}

TEST(Server, SendsAResponseThatWaitedBeforeItRefusesTheNextRequest) {
  TestServer server(echo_that_may_wait);
  RawClient client(server.port());
  client.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\nGET nowhere HTTP/1.1\r\n\r\n");
  EXPECT_THAT(client.read_response(), EndsWith("GET /a "));
  EXPECT_THAT(client.read_to_end(), StartsWith("HTTP/1.1 400 "));
}

TEST(Server, TakesARequestByteByByte) {
  TestServer server(echo);
  RawClient client(server.port());
  for (char c : std::string("\r\nPOST /b HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                            "3;e=1\r\nabc\r\n0\r\nT: 1\r\n\r\n"))
    client.send({&c, 1});
  EXPECT_THAT(client.read_response(), EndsWith("POST /b abc"));
}

TEST(Server, SendsContinueWhenTheHandlerReads) {
  TestServer server(echo);
  RawClient client(server.port());
  client.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("hi");
  EXPECT_THAT(client.read_response(), EndsWith("PUT / hi"));
}

Task<Response> ignore_body(Request&) { co_return text_response("ok"); }

TEST(Server, ClosesWhenTheContinueWasNeverAskedFor) {
  TestServer server(ignore_body);
  RawClient client(server.port());
  client.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  client.finish_sending();
  EXPECT_THAT(client.read_to_end(), HasSubstr("Connection: close\r\n"));
}

TEST(Server, DrainsASmallUnreadBody) {
  TestServer server(ignore_body);
  RawClient client(server.port());
  client.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n");
  EXPECT_THAT(client.read_response(), EndsWith("ok"));
  client.send("GET /GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(client.read_response(), EndsWith("ok"));
}

TEST(Server, ClosesAfterALargeUnreadBodyButDeliversTheResponse) {
  TestServer server(ignore_body);
  RawClient client(server.port());
  const std::string body(1'000'000, 'x');
  client.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n" + body);
  client.finish_sending();
  EXPECT_THAT(client.read_to_end(), EndsWith("ok"));
}

TEST(Server, HeadHasLengthAndNoBody) {
  TestServer server(ignore_body);
  RawClient client(server.port());
  client.send("HEAD / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  const std::string response = client.read_to_end();
  EXPECT_THAT(response, HasSubstr("Content-Length: 2\r\n"));
  EXPECT_THAT(response, EndsWith("\r\n\r\n"));
}

TEST(Server, SpeaksHttp10) {
  TestServer server(ignore_body);
  RawClient kept(server.port());
  kept.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_THAT(kept.read_response(), HasSubstr("Connection: keep-alive\r\n"));
  kept.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_THAT(kept.read_to_end(), EndsWith("ok"));
}

// Three pieces, then the end or a failure. Owned by the producer below.
struct Pieces {
  int left = 3;
  bool fails = false;
  static Task<Result<std::optional<std::string>>> next(std::shared_ptr<Pieces> self) {
    if (self->left-- > 0) co_return std::string("piece");
    if (self->fails) co_return fail(ErrorCode::kInternal, "broken");
    co_return std::nullopt;
  }
};

Task<Response> stream_pieces(Request& request) {
  auto pieces = std::make_shared<Pieces>();
  pieces->fails = request.target == "/fail";
  Response response;
  if (request.target == "/sized") response.content_length = 15;
  response.producer = [pieces] { return Pieces::next(pieces); };
  co_return response;
}

TEST(Server, StreamsAResponseInChunks) {
  TestServer server(stream_pieces);
  RawClient client(server.port());
  client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(client.read_until("\r\n\r\n"), HasSubstr("Transfer-Encoding: chunked\r\n"));
  EXPECT_EQ(client.read_until("0\r\n\r\n"), "5\r\npiece\r\n5\r\npiece\r\n5\r\npiece\r\n0\r\n\r\n");
  client.send("GET /sized HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(client.read_response(), EndsWith("\r\n\r\npiecepiecepiece"));
  client.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_THAT(client.read_to_end(), EndsWith("\r\n\r\npiecepiecepiece"));
}

TEST(Server, CutsTheConnectionWhenAProducerFails) {
  TestServer server(stream_pieces);
  RawClient client(server.port());
  client.send("GET /fail HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(client.read_to_end(), EndsWith("piece\r\n"));
}

Task<Response> throw_up(Request&) {
  throw std::runtime_error("no");
  co_return Response{};
}

TEST(Server, AnswersThatAHandlerFailed) {
  TestServer server(throw_up);
  RawClient client(server.port());
  client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(client.read_to_end(), StartsWith("HTTP/1.1 500 "));
}

// Counts a body without keeping it, and remembers its largest piece.
Task<Response> count_body(Request& request) {
  std::size_t total = 0;
  std::size_t largest = 0;
  while (true) {
    auto reading = request.body->read();
    const Result<std::string> piece = co_await reading;
    if (!piece) co_return text_response("error");
    if (piece->empty()) break;
    total += piece->size();
    largest = std::max(largest, piece->size());
  }
  co_return text_response(std::to_string(total) + (largest <= 65536 ? " bounded" : " unbounded"));
}

TEST(Server, ReadsALargeBodyInBoundedPieces) {
  TestServer server(count_body);
  const std::string block(1 << 20, 'x');
  RawClient sized(server.port());
  sized.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 33554432\r\n\r\n");
  for (int i = 0; i < 32; ++i) sized.send(block);
  EXPECT_THAT(sized.read_response(), EndsWith("33554432 bounded"));
  RawClient chunked(server.port());
  chunked.send("PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 32; ++i) {
    chunked.send("100000\r\n");
    chunked.send(block);
    chunked.send("\r\n");
  }
  chunked.send("0\r\n\r\n");
  EXPECT_THAT(chunked.read_response(), EndsWith("33554432 bounded"));
}

struct Blocks {
  std::atomic<int> made = 0;
  static Task<Result<std::optional<std::string>>> next(std::shared_ptr<Blocks> self) {
    if (self->made == 256) co_return std::nullopt;
    ++self->made;
    co_return std::string(1 << 18, 'y');
  }
};

TEST(Server, ProducesALargeResponseOnlyAsFastAsItIsRead) {
  const auto blocks = std::make_shared<Blocks>();
  struct Handler {
    std::shared_ptr<Blocks> blocks;
    static Task<Response> run(std::shared_ptr<Blocks> blocks) {
      Response response;
      response.producer = [blocks] { return Blocks::next(blocks); };
      response.content_length = 256u << 18;
      co_return response;
    }
    Task<Response> operator()(Request&) { return run(blocks); }
  };
  TestServer server(Handler{blocks});
  RawClient client(server.port());
  client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  client.read_until("\r\n\r\n");
  EXPECT_EQ(client.read_bytes(1 << 18).size(), 1u << 18);
  EXPECT_LT(blocks->made, 256);
  EXPECT_EQ(client.read_bytes(255u << 18).size(), 255u << 18);
}

}  // namespace
}  // namespace kiln::http
