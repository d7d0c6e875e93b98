// SPDX-License-Identifier: Apache-2.0
#pragma once
// A server on its own thread and a blocking raw socket to talk to it. Tests of http only.

#include "async/loop.h"
#include "http/server.h"
#include "os/fd.h"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <functional>
#include <memory>
#include <netinet/in.h>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <utility>

namespace kiln::http {

// Starts on construction, stops (drains) and joins on destruction.
class TestServer {
 public:
  explicit TestServer(Server::Handler handler, ServerLimits limits = {}) {
    server_ = std::make_unique<Server>(loop_, metrics_, "test", limits, std::move(handler));
    port_ = *server_->start("127.0.0.1", 0);
    thread_ = std::thread([this] { loop_.run(); });
  }
  ~TestServer() { stop(); }
  void stop() {
    if (!thread_.joinable()) return;
    loop_.post([this] { spawn(stop_all(this)); });
    thread_.join();
  }
  int port() const { return port_; }
  std::string url(std::string_view path = "/") const {
    return "http://127.0.0.1:" + std::to_string(port_) + std::string(path);
  }
  Metrics& metrics() { return metrics_; }
  Loop& loop() { return loop_; }

 private:
  static Task<void> stop_all(TestServer* self) {
    co_await self->server_->stop();
    self->loop_.stop();
  }
  Metrics metrics_;
  Loop loop_;
  std::unique_ptr<Server> server_;
  int port_ = 0;
  std::thread thread_;
};

// Every wait ends after 5 s, so that a broken server fails the test and does not hang it.
class RawClient {
 public:
  explicit RawClient(int port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  // Whether something arrives within `ms`, or the server hangs up.
  bool answered_within(int ms) {
    pollfd socket{socket_.get(), POLLIN, 0};
    return ::poll(&socket, 1, ms) > 0;
  }
  void finish_sending() { ::shutdown(socket_.get(), SHUT_WR); }
  void leave() { socket_.reset(); }
  // Reads until `text` has arrived; what comes after it stays for the next call.
  std::string read_until(std::string_view text) {
    while (true) {
      const std::size_t at = input_.find(text);
      if (at != std::string::npos) return take(at + text.size());
      if (!fill()) return take(input_.size());
    }
  }
  std::string read_bytes(std::size_t count) {
    while (input_.size() < count && fill()) {
    }
    return take(std::min(count, input_.size()));
  }
  // Reads until the server closes; fails the test when it does not.
  std::string read_to_end() {
    while (fill()) {
    }
    EXPECT_TRUE(ended_) << "connection still open";
    return take(input_.size());
  }
  // One response with a Content-Length: its head and body.
  std::string read_response() {
    std::string response = read_until("\r\n\r\n");
    const std::size_t at = response.find("Content-Length: ");
    if (at != std::string::npos) response += read_bytes(std::stoul(response.substr(at + 16)));
    return response;
  }

 private:
  bool fill() {
    pollfd wait{socket_.get(), POLLIN, 0};
    if (::poll(&wait, 1, 5'000) != 1) return false;
    char bytes[65536];
    const ssize_t got = ::recv(socket_.get(), bytes, sizeof bytes, 0);
    ended_ = got <= 0;
    if (got > 0) input_.append(bytes, static_cast<std::size_t>(got));
    return got > 0;
  }
  std::string take(std::size_t count) {
    std::string out = input_.substr(0, count);
    input_.erase(0, count);
    return out;
  }
  Fd socket_;
  std::string input_;
  bool ended_ = false;
};

inline Response text_response(std::string text) {
  Response response;
  response.body = std::move(text);
  return response;
}

// Answers "METHOD target" and the body.
inline Task<Response> echo(Request& request) {
  auto reading = read_all(*request.body, 1 << 20);
  Result<std::string> body = co_await reading;
  Response response;
  if (!body) {
    response.status = body.error().code == ErrorCode::kLimitExceeded ? 413
                      : body.error().code == ErrorCode::kTimeout     ? 408
                                                                     : 400;
    co_return response;
  }
  response.body = request.method + " " + request.target + " " + *body;
  co_return response;
}

}  // namespace kiln::http
