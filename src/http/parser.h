// SPDX-License-Identifier: Apache-2.0
#pragma once
// Parsers of HTTP/1.1 messages, over Beast's. Internal to http.
//
// Stricter than Beast where leniency helps request smuggling (RFC 9112 sections 2.2, 5 and 6):
// no obs-fold, no repeated Content-Length, no Content-Length beside Transfer-Encoding, no
// Transfer-Encoding but "chunked", exactly one Host in HTTP/1.1.

#include "http/client.h"
#include "http/message.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace kiln::http {

// What a request's head says about the connection and the body.
struct Framing {
  std::optional<std::uint64_t> length;  // Content-Length
  bool chunked = false;
  bool keep_alive = false;
  bool expect_continue = false;
  bool http_1_0 = false;
};

class RequestParser {
 public:
  RequestParser();
  ~RequestParser();
  // Parses one whole head, from the request line to its empty line. Fills method, target and
  // headers of `request`. Answers 0, or the HTTP status to refuse the request with.
  int parse_head(std::string_view head, Request& request, Framing& framing);
  // Decodes a chunked body after its head. Appends to `out` and answers how much of `in` it took.
  // Error: kInvalidArgument for bad chunks.
  Result<std::size_t> decode_chunked(std::string_view in, std::string& out);
  bool chunked_done() const;
  // Fields behind the chunked body.
  const Headers& trailers() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Parses one whole final response; 1xx responses before it are skipped.
class ResponseParser {
 public:
  ResponseParser(bool to_head_request, std::uint64_t max_body_bytes);
  ~ResponseParser();
  // Answers how much of `in` it took; less than all means "again, with more after it".
  // Errors: kInvalidArgument, kLimitExceeded.
  Result<std::size_t> feed(std::string_view in);
  // The peer closed. Error kClosed when the response is not whole.
  Status feed_eof();
  bool done() const;
  // True when the connection may carry another request.
  bool keep_alive() const;
  ClientResponse take();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kiln::http
