// SPDX-License-Identifier: Apache-2.0
#pragma once
// Client sends HTTP/1.1 requests, over TCP or TLS ("https"), and keeps connections for reuse.
//
// Threads: one loop. Bound: `max_idle` kept connections. A request on a kept connection that the
// peer had closed is sent once more on a new one, when nothing of the answer had arrived.

#include "async/loop.h"
#include "http/message.h"

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>

namespace kiln::http {

struct ClientRequest {
  std::string method = "GET";
  std::string url;  // "http://host:port/path?query"
  Headers headers;  // Host and Content-Length are added
  std::string body;
};

struct ClientResponse {
  int status = 0;
  Headers headers;
  std::string body;
};

struct ClientOptions {
  std::int64_t connect_timeout_ms = 5'000;
  std::uint64_t max_response_bytes = 128 * 1024 * 1024;
  std::size_t max_idle = 32;
  bool verify_tls = true;
};

class Client {
 public:
  explicit Client(Loop& loop, ClientOptions options = {});
  ~Client();
  // Errors: kTimeout at the deadline, kCancelled by `stop`, kClosed, kIo, kLimitExceeded.
  Task<Result<ClientResponse>> send(ClientRequest request, Monotonic deadline,
                                    std::stop_token stop = {});

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace kiln::http
