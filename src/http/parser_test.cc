// SPDX-License-Identifier: Apache-2.0
#include "http/parser.h"

#include <gtest/gtest.h>

namespace kiln::http {
namespace {

int status_of(std::string_view lines) {
  RequestParser parser;
  Request request;
  Framing framing;
  return parser.parse_head(std::string(lines) + "\r\n\r\n", request, framing);
}

TEST(RequestParser, ReadsAHead) {
  RequestParser parser;
  Request request;
  Framing framing;
  EXPECT_EQ(parser.parse_head("PUT /a%20b?c HTTP/1.1\r\nHost: x\r\nX-Two:  v w \r\n"
                              "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n",
                              request, framing),
            0);
  EXPECT_EQ(request.method, "PUT");
  EXPECT_EQ(request.target, "/a%20b?c");
  EXPECT_EQ(request.headers.get("x-two"), "v w");
  EXPECT_EQ(framing.length, 5u);
  EXPECT_TRUE(framing.keep_alive);
  EXPECT_TRUE(framing.expect_continue);
}

TEST(RequestParser, TurnsAbsoluteFormIntoOriginForm) {
  RequestParser parser;
  Request request;
  Framing framing;
  EXPECT_EQ(parser.parse_head("GET http://h:1/p?q HTTP/1.1\r\nHost: h\r\n\r\n", request, framing),
            0);
  EXPECT_EQ(request.target, "/p?q");
}

// RFC 9112 section 11.2.
TEST(RequestParser, RefusesWhatHelpsRequestSmuggling) {
  const char* const heads[] = {
      "Content-Length: 5\r\nContent-Length: 6",
      "Content-Length: 5\r\nContent-Length: 5",
      "Content-Length: 5, 6",
      "Content-Length: 5, 5",
      "Content-Length: +5",
      "Content-Length: -5",
      "Content-Length: 0x5",
      "Content-Length: ",
      "Content-Length: 99999999999999999999",
      "Content-Length: 5\r\nTransfer-Encoding: chunked",
      "Transfer-Encoding: chunked\r\nContent-Length: 5",
      "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
      "Transfer-Encoding : chunked",
      "X-A: 1\r\n folded",
      "X-A : 1",
      " X-A: 1",
      "X-A 1",
      ": 1",
      "X-A: a\x01z",
      "Host: second",
  };
  for (const char* lines : heads)
    EXPECT_EQ(status_of(std::string("POST / HTTP/1.1\r\nHost: x\r\n") + lines), 400) << lines;
}

TEST(RequestParser, RefusesOtherTransferCodings) {
  for (const char* coding : {"gzip", "gzip, chunked", "chunked, gzip", "identity", "xchunked"})
    EXPECT_EQ(status_of(std::string("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: ") + coding),
              501)
        << coding;
  EXPECT_EQ(status_of("POST / HTTP/1.0\r\nTransfer-Encoding: chunked"), 400);
}

TEST(RequestParser, RefusesBadRequestLines) {
  for (const char* line : {"GET / HTTP/1.1", "GET /", "GET  / HTTP/1.1\r\nHost: x",
                           "GET / x HTTP/1.1\r\nHost: x", "G@T / HTTP/1.1\r\nHost: x"})
    EXPECT_EQ(status_of(line), 400) << line;
  EXPECT_EQ(status_of("GET / HTTP/2.0\r\nHost: x"), 505);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: x\r\nExpect: miracles"), 417);
}

Result<std::string> decode(std::string_view body) {
  RequestParser parser;
  Request request;
  Framing framing;
  parser.parse_head("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", request,
                    framing);
  std::string out;
  KILN_TRY(const std::size_t taken, parser.decode_chunked(body, out));
  if (!parser.chunked_done() || taken != body.size())
    return fail(ErrorCode::kClosed, "not at the end");
  return out;
}

TEST(RequestParser, DecodesChunks) {
  EXPECT_EQ(*decode("0\r\n\r\n"), "");
  EXPECT_EQ(*decode("3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\nT: v\r\n\r\n"), "abc0123456789");
}

TEST(RequestParser, DecodesALastChunkThatComesByteByByte) {
  RequestParser parser;
  Request request;
  Framing framing;
  parser.parse_head("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", request,
                    framing);
  std::string pending;
  std::string out;
  for (const char c : std::string("0\r\n\r\n")) {
    EXPECT_FALSE(parser.chunked_done());
    pending += c;
    pending.erase(0, *parser.decode_chunked(pending, out));
  }
  EXPECT_TRUE(parser.chunked_done());
}

TEST(RequestParser, RefusesBadChunks) {
  for (const char* body : {"g\r\nab", "-1\r\nx\r\n0\r\n\r\n", "0x3\r\nabc\r\n0\r\n\r\n",
                           "3\r\nabcd\r\n0\r\n\r\n", "FFFFFFFFFFFFFFFFF\r\nabc\r\n", "\r\nabc"})
    EXPECT_EQ(decode(body).error().code, ErrorCode::kInvalidArgument) << body;
}

TEST(ResponseParser, ReadsAnEmptyChunkedBodyByteByByte) {
  ResponseParser parser(false, 100);
  std::string pending;
  for (const char c :
       std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")) {
    EXPECT_FALSE(parser.done());
    pending += c;
    pending.erase(0, *parser.feed(pending));
  }
  EXPECT_TRUE(parser.done());
}

TEST(ResponseParser, SkipsInterimResponsesAndReadsChunks) {
  ResponseParser parser(false, 100);
  const std::string bytes =
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nA: b\r\n"
      "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n";
  std::string pending;
  for (char c : bytes) {
    pending += c;
    pending.erase(0, *parser.feed(pending));
  }
  ASSERT_TRUE(parser.done());
  EXPECT_TRUE(parser.keep_alive());
  const ClientResponse response = parser.take();
  EXPECT_EQ(response.status, 201);
  EXPECT_EQ(response.body, "hi");
  EXPECT_EQ(response.headers.get("a"), "b");
}

TEST(ResponseParser, BodyWithoutLengthEndsWithTheConnection) {
  ResponseParser parser(false, 100);
  EXPECT_TRUE(parser.feed("HTTP/1.0 200 OK\r\n\r\nabc"));
  EXPECT_FALSE(parser.done());
  EXPECT_TRUE(parser.feed_eof());
  EXPECT_EQ(parser.take().body, "abc");
}

TEST(ResponseParser, RefusesTooMuchAndTooLittle) {
  ResponseParser large(false, 3);
  EXPECT_EQ(large.feed("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabcd").error().code,
            ErrorCode::kLimitExceeded);
  ResponseParser cut(false, 30);
  EXPECT_TRUE(cut.feed("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab"));
  EXPECT_EQ(cut.feed_eof().error().code, ErrorCode::kClosed);
}

}  // namespace
}  // namespace kiln::http
