// SPDX-License-Identifier: Apache-2.0
#pragma once
// Server accepts HTTP/1.1 connections on one listener and gives each request to a handler.
//
// Lifecycle: construct -> start() (listening) -> stop() (no new connections, idle ones closed,
// running requests get `drain_ms`, then everything is closed).
// Threads: one loop. Requests of one connection run one after another, in order; pipelined requests
// wait. What the handler leaves unread of a body up to 64 KiB is drained, else the connection
// closes. Malformed requests are answered 400, too large heads 431, and the connection is closed;
// contradicting lengths (two Content-Length, Content-Length with chunked) are refused with 400.

#include "async/loop.h"
#include "base/metrics.h"
#include "http/message.h"
#include "os/fd.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace kiln::http {

struct ServerLimits {
  std::size_t head_bytes = 64 * 1024;  // request line and header fields
  std::size_t head_fields = 256;
  // What all connections may hold of heads and unread input; past it, requests are refused (503).
  std::size_t buffered_bytes = 128 * 1024 * 1024;
  std::uint64_t body_bytes = 80 * 1024 * 1024;
  std::int64_t head_timeout_ms = 20'000;  // first byte of a head to its end
  std::int64_t body_idle_timeout_ms = 30'000;
  // A sender that is slower on average, after so long of waiting for it, is cut; 0: never.
  std::int64_t body_min_bytes_per_second = 0;
  std::int64_t body_grace_ms = 60'000;
  std::int64_t write_idle_timeout_ms = 30'000;
  std::int64_t keep_alive_timeout_ms = 75'000;  // 0: no limit
  std::size_t max_connections = 10'000;         // past it, new connections are closed
  std::int64_t drain_ms = 5'000;
};

class Server {
 public:
  using Handler = std::move_only_function<Task<Response>(Request&)>;
  // `metrics_prefix`: "kiln_http" gives kiln_http_connections, kiln_http_requests_total, ...
  Server(Loop& loop, Metrics& metrics, std::string metrics_prefix, ServerLimits limits,
         Handler handler);
  ~Server();

  // Binds and listens; port 0 picks one. Answers the port. Error kIo names the address.
  Result<int> start(const std::string& address, int port);
  // Serves an already listening socket.
  Status start(Fd listener);
  // Serves a connected stream socket beside the accepted ones. REQUIRES: started.
  void adopt(Fd socket);
  Task<void> stop();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace kiln::http
