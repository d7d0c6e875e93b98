// SPDX-License-Identifier: Apache-2.0
#include "http/server.h"

#include "async/asio_await.h"
#include "async/asio_loop.h"
#include "async/event.h"
#include "async/gate.h"
#include "base/log.h"
#include "http/connection.h"

#include <boost/asio/posix/stream_descriptor.hpp>

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <optional>
#include <sys/socket.h>
#include <unordered_set>

namespace kiln::http {
namespace {

constexpr int kAcceptsInARow = 64;
constexpr std::int64_t kAcceptPauseMs = 50;
constexpr std::int64_t kAbortGraceMs = 1'000;

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

Result<Address> parse_address(const std::string& text, int port) {
  Address address;
  const std::string& host = text == "localhost" ? std::string("127.0.0.1") : text;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&address.storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
  if (::inet_pton(AF_INET, host.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(static_cast<std::uint16_t>(port));
    address.size = sizeof *v4;
    return address;
  }
  if (::inet_pton(AF_INET6, host.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(static_cast<std::uint16_t>(port));
    address.size = sizeof *v6;
    return address;
  }
  return fail(ErrorCode::kInvalidArgument, "not an IP address to listen on: " + text);
}

// Within one host there is nothing to pace, and a host whose default is BBR would set a timer for
// each packet. Accepted sockets inherit it.
void plain_congestion_control(int socket) {
  constexpr std::string_view kName = "reno";
  ::setsockopt(socket, IPPROTO_TCP, TCP_CONGESTION, kName.data(), kName.size());
}

int port_of(const sockaddr_storage& storage) {
  if (storage.ss_family == AF_INET)
    return ntohs(reinterpret_cast<const sockaddr_in&>(storage).sin_port);
  if (storage.ss_family == AF_INET6)
    return ntohs(reinterpret_cast<const sockaddr_in6&>(storage).sin6_port);
  return 0;
}

std::string text_of(const sockaddr_storage& storage) {
  char text[INET6_ADDRSTRLEN] = "";
  if (storage.ss_family == AF_INET) {
    ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(storage).sin_addr, text,
                sizeof text);
  } else if (storage.ss_family == AF_INET6) {
    const in6_addr& address = reinterpret_cast<const sockaddr_in6&>(storage).sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(&address)) {
      ::inet_ntop(AF_INET, address.s6_addr + 12, text, sizeof text);
    } else {
      ::inet_ntop(AF_INET6, &address, text, sizeof text);
    }
  }
  return text;
}

}  // namespace

struct Server::Impl final : ServerContext {
  using ServerContext::ServerContext;

  std::optional<boost::asio::posix::stream_descriptor> listener;
  std::unordered_set<Connection*> connections;
  std::stop_source stopping;
  Gate accepting;  // the accept loop is inside
  // Set while stop() waits for the last connection.
  std::shared_ptr<OneShot<bool>> all_closed;

  static Task<void> accept_loop(std::shared_ptr<Impl> self);
  // False when the listener should rest a while (no descriptors left).
  static bool accept_some(const std::shared_ptr<Impl>& self);
  static void serve(const std::shared_ptr<Impl>& self, Fd socket, int family, std::string peer);
  static Task<void> stop(std::shared_ptr<Impl> self);
  static Task<void> wait_all_closed(std::shared_ptr<Impl> self, std::int64_t ms);
  void close_listener() {
    boost::system::error_code ignored;
    if (listener) listener->close(ignored);
    stopping.request_stop();
  }
  void abort_all() {
    for (Connection* connection : connections) connection->abort();
  }
  void on_closed(Connection& connection) override {
    connections.erase(&connection);
    connections_open.set(static_cast<std::int64_t>(connections.size()));
    if (connections.empty() && all_closed)
      loop.post([event = std::exchange(all_closed, nullptr)] { event->set(true); });
  }
};

Task<void> Server::Impl::accept_loop(std::shared_ptr<Impl> self) {
  using Descriptor = boost::asio::posix::stream_descriptor;
  const Gate::Pass pass = self->accepting.enter();
  while (!self->draining) {
    auto wait = asio_await(
        [&self](auto done) { self->listener->async_wait(Descriptor::wait_read, std::move(done)); });
    const AsioResult ready = co_await wait;
    if (self->draining) break;
    if (ready.error || !accept_some(self)) {
      log::warn("http", "cannot accept connections for now: " + ready.error.message());
      auto pause = sleep_ms(self->clock, kAcceptPauseMs, self->stopping.get_token());
      co_await pause;
    }
  }
}

bool Server::Impl::accept_some(const std::shared_ptr<Impl>& self) {
  for (int i = 0; i < kAcceptsInARow; ++i) {
    Address peer;
    peer.size = sizeof peer.storage;
    Fd socket(::accept4(self->listener->native_handle(), reinterpret_cast<sockaddr*>(&peer.storage),
                        &peer.size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket) {
      if (errno == EAGAIN || errno == EWOULDBLOCK) return true;
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) return false;
      continue;  // the peer's own failure, see accept(2)
    }
    if (self->connections.size() >= self->limits.max_connections) {
      self->shed.add();
      continue;
    }
    serve(self, std::move(socket), peer.storage.ss_family, text_of(peer.storage));
  }
  return true;
}

void Server::Impl::serve(const std::shared_ptr<Impl>& self, Fd socket, int family,
                         std::string peer) {
  auto connection = std::make_shared<Connection>(self, std::move(socket), family, std::move(peer));
  self->connections.insert(connection.get());
  self->connections_open.set(static_cast<std::int64_t>(self->connections.size()));
  spawn(Connection::run(std::move(connection)));
}

Task<void> Server::Impl::wait_all_closed(std::shared_ptr<Impl> self, std::int64_t ms) {
  if (self->connections.empty()) co_return;
  const auto event = std::make_shared<OneShot<bool>>();
  self->all_closed = event;
  auto wait = event->wait(self->clock, self->clock.monotonic().plus_ms(ms), {});
  co_await wait;
  self->all_closed = nullptr;
}

Task<void> Server::Impl::stop(std::shared_ptr<Impl> self) {
  self->draining = true;
  self->close_listener();
  co_await self->accepting.closed();
  for (Connection* connection : self->connections) connection->close_if_idle();
  co_await wait_all_closed(self, self->limits.drain_ms);
  if (self->connections.empty()) co_return;
  log::warn("http", std::to_string(self->connections.size()) + " connections cut at stop");
  self->abort_all();
  co_await wait_all_closed(self, kAbortGraceMs);
}

Server::Server(Loop& loop, Metrics& metrics, std::string metrics_prefix, ServerLimits limits,
               Handler handler)
    : impl_(std::make_shared<Impl>(loop, metrics, metrics_prefix, limits, std::move(handler))) {}

Server::~Server() {
  impl_->draining = true;
  impl_->close_listener();
  impl_->abort_all();
}

Result<int> Server::start(const std::string& address, int port) {
  KILN_TRY(Address at, parse_address(address, port));
  const std::string name = address + ":" + std::to_string(port);
  Fd socket(::socket(at.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return fail_errno("socket", name, errno);
  const int on = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (address == "localhost" || address.starts_with("127.")) plain_congestion_control(socket.get());
  if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&at.storage), at.size) != 0)
    return fail_errno("bind", name, errno);
  if (::listen(socket.get(), SOMAXCONN) != 0) return fail_errno("listen", name, errno);
  at.size = sizeof at.storage;
  if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&at.storage), &at.size) != 0)
    return fail_errno("getsockname", name, errno);
  KILN_TRY_VOID(start(std::move(socket)));
  return port_of(at.storage);
}

Status Server::start(Fd listener) {
  KILN_CHECK(!impl_->listener);
  const int flags = ::fcntl(listener.get(), F_GETFL);
  if (flags < 0 || ::fcntl(listener.get(), F_SETFL, flags | O_NONBLOCK) < 0)
    return fail_errno("fcntl", "listener", errno);
  impl_->listener.emplace(io_context_of(impl_->loop));
  boost::system::error_code error;
  impl_->listener->assign(listener.get(), error);
  if (error) return fail(ErrorCode::kIo, "watch listener: " + error.message());
  listener.release();
  spawn(Impl::accept_loop(impl_));
  return {};
}

void Server::adopt(Fd socket) {
  const int flags = ::fcntl(socket.get(), F_GETFL);
  if (flags < 0 || ::fcntl(socket.get(), F_SETFL, flags | O_NONBLOCK) < 0) return;
  Address own;
  own.size = sizeof own.storage;
  ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&own.storage), &own.size);
  Impl::serve(impl_, std::move(socket), own.storage.ss_family, "");
}

Task<void> Server::stop() { return Impl::stop(impl_); }

}  // namespace kiln::http
