// SPDX-License-Identifier: Apache-2.0
#pragma once
// CutProxy passes bytes between a loopback port and PostgreSQL's socket, and cuts: after so many
// bytes in one direction, both ends are closed.
//
// One thread, poll(2). Threads: every method on the test's.

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <list>
#include <mutex>
#include <netinet/in.h>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace kiln::store::postgres {

class CutProxy {
 public:
  enum class Direction { kToServer, kToClient };

  explicit CutProxy(const std::string& server_socket) : server_socket_(server_socket) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{.sin_family = AF_INET, .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::listen(listener_, 64) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      std::abort();
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
  }
  CutProxy(const CutProxy&) = delete;
  CutProxy& operator=(const CutProxy&) = delete;
  ~CutProxy() {
    stopping_ = true;
    thread_.join();
    ::close(listener_);
  }
  int port() const { return port_; }

  // Cuts once, when `bytes` more have passed in `direction`; afterwards new connections are refused
  // while `stays_down`.
  void arm(Direction direction, std::size_t bytes, bool stays_down) {
    const std::lock_guard lock(mutex_);
    direction_ = direction;
    left_ = bytes;
    armed_ = true;
    stays_down_ = stays_down;
    down_ = false;
  }
  // Lets everything pass. True when the cut has happened.
  bool disarm() {
    const std::lock_guard lock(mutex_);
    const bool cut = !armed_;
    armed_ = false;
    down_ = false;
    return cut;
  }

 private:
  struct Pair {
    std::array<int, 2> fds;  // client, server
  };

  void run() {
    while (!stopping_) {
      std::vector<pollfd> waiting{{.fd = listener_, .events = POLLIN}};
      for (const Pair& pair : pairs_) {
        for (const int fd : pair.fds) waiting.push_back({.fd = fd, .events = POLLIN});
      }
      if (::poll(waiting.data(), waiting.size(), 20) <= 0) continue;
      std::size_t index = 1;
      for (auto it = pairs_.begin(); it != pairs_.end(); index += 2) {
        bool alive = true;
        for (std::size_t side = 0; side < 2 && alive; ++side) {
          if (waiting[index + side].revents != 0) alive = pass(*it, side);
        }
        if (!alive) {
          for (const int fd : it->fds) ::close(fd);
          it = pairs_.erase(it);
        } else {
          ++it;
        }
      }
      if (waiting[0].revents != 0) accept_one();
    }
    for (const Pair& pair : pairs_) {
      for (const int fd : pair.fds) ::close(fd);
    }
  }

  void accept_one() {
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) return;
    {
      const std::lock_guard lock(mutex_);
      if (down_) {
        ::close(client);
        return;
      }
    }
    const int server = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{.sun_family = AF_UNIX};
    std::strncpy(address.sun_path, server_socket_.c_str(), sizeof address.sun_path - 1);
    if (::connect(server, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      ::close(client);
      ::close(server);
      return;
    }
    pairs_.push_back({{client, server}});
  }

  // False: end this pair.
  bool pass(const Pair& pair, std::size_t from) {
    std::array<char, 16 * 1024> buffer;
    const ssize_t got = ::recv(pair.fds[from], buffer.data(), buffer.size(), 0);
    if (got <= 0) return false;
    std::size_t size = static_cast<std::size_t>(got);
    bool cut = false;
    {
      const std::lock_guard lock(mutex_);
      const auto direction = from == 0 ? Direction::kToServer : Direction::kToClient;
      if (down_) return false;
      if (armed_ && direction == direction_) {
        cut = left_ < size;
        size = std::min(size, left_);
        left_ -= size;
        if (cut) {
          armed_ = false;
          down_ = stays_down_;
        }
      }
    }
    for (std::size_t sent = 0; sent < size;) {
      const ssize_t n = ::send(pair.fds[1 - from], buffer.data() + sent, size - sent, MSG_NOSIGNAL);
      if (n <= 0) return false;
      sent += static_cast<std::size_t>(n);
    }
    return !cut;
  }

  const std::string server_socket_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> stopping_{false};
  std::list<Pair> pairs_;  // the thread's
  std::mutex mutex_;
  // Guarded by mutex_.
  Direction direction_ = Direction::kToServer;
  std::size_t left_ = 0;
  bool armed_ = false;
  bool stays_down_ = false;
  bool down_ = false;
  std::thread thread_;
};

}  // namespace kiln::store::postgres
