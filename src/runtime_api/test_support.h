// SPDX-License-Identifier: Apache-2.0
#pragma once
// A runtime or an extension on a thread of its own, and the server that it talks to. Tests only.

#include "runtime_api/extensions.h"
#include "runtime_api/runtime_api.h"
#include "runtime_api/telemetry.h"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <functional>
#include <memory>
#include <netinet/in.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace kiln::runtime_api {

inline constexpr auto kOk = R"({"status":"OK"})";

struct Answer {
  int status = 0;
  std::string head;
  std::string body;
};

// A runtime on a thread of its own: blocking reads and writes on one connection.
class RawRuntime {
 public:
  explicit RawRuntime(int port) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    connect(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
  }
  Answer get(const std::string& path) {
    return call("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
  }
  Answer next() { return get("/2018-06-01/runtime/invocation/next"); }
  Answer post(const std::string& path, const std::string& body, const std::string& fields = "") {
    return call("POST /2018-06-01/runtime/" + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: " +
                std::to_string(body.size()) + "\r\n" + fields + "\r\n" + body);
  }
  // Any method and path, with header fields ("A: b\r\n").
  Answer send_json(const std::string& method, const std::string& path, const std::string& fields,
                   const std::string& body) {
    return call(method + " " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: " +
                std::to_string(body.size()) + "\r\n" + fields + "\r\n" + body);
  }
  Answer call(const std::string& request) {
    send_bytes(request);
    return receive();
  }
  void send_bytes(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  Answer receive() {
    std::size_t head_end = 0;
    while ((head_end = buffer_.find("\r\n\r\n")) == std::string::npos) {
      if (!more()) return {};
    }
    Answer answer;
    answer.head = buffer_.substr(0, head_end);
    answer.status = std::stoi(answer.head.substr(9, 3));
    const auto at = answer.head.find("Content-Length: ");
    const std::size_t length =
        at == std::string::npos ? 0 : std::stoul(answer.head.substr(at + 16));
    while (buffer_.size() < head_end + 4 + length) {
      if (!more()) return answer;
    }
    answer.body = buffer_.substr(head_end + 4, length);
    buffer_.erase(0, head_end + 4 + length);
    return answer;
  }

 private:
  bool more() {
    char bytes[65536];
    const auto size = recv(fd_.get(), bytes, sizeof bytes, 0);
    if (size > 0) buffer_.append(bytes, static_cast<std::size_t>(size));
    return size > 0;
  }
  Fd fd_;
  std::string buffer_;
};

class RuntimeApiTest : public testing::Test {
 protected:
  RuntimeApiTest() {
    Fd listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    bind(listener.get(), reinterpret_cast<sockaddr*>(&address), size);
    listen(listener.get(), 16);
    getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
    api = std::make_unique<RuntimeApi>(loop, metrics, std::move(listener));
    EXPECT_TRUE(api->start().has_value());
  }
  // Runs `server` on the loop while `runtime` runs on its thread.
  void run(std::function<void(RawRuntime&)> runtime, Task<void> server) {
    std::thread thread([this, &runtime] {
      RawRuntime raw(port);
      runtime(raw);
    });
    loop.run_until_complete(std::move(server));
    thread.join();
  }

  Loop loop;
  Metrics metrics;
  int port = 0;
  std::unique_ptr<RuntimeApi> api;
};

inline Monotonic soon(Loop& loop) { return loop.clock().monotonic().plus_ms(20'000); }

inline Invocation invocation(std::string id) {
  Invocation result;
  result.request_id = std::move(id);
  result.deadline_ms = 1'767'225'600'000;
  result.invoked_function_arn = "arn:aws:lambda:us-east-1:000000000000:function:f";
  result.trace_id = "Root=1-a";
  result.client_context = R"({"client":{}})";
  result.tenant_id = "blue";
  result.payload = R"({"a":1})";
  return result;
}

}  // namespace kiln::runtime_api
