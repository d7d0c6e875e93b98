// SPDX-License-Identifier: Apache-2.0
#include "http/transport.h"

#include "async/asio_await.h"
#include "async/asio_loop.h"
#include "async/event.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <sys/socket.h>
#include <vector>

namespace kiln::http {

namespace asio = boost::asio;
using asio::ip::tcp;
using Endpoints = std::vector<tcp::endpoint>;

struct TlsContext::Impl {
  asio::ssl::context context{asio::ssl::context::tls_client};
  bool verify = true;
};

TlsContext::TlsContext(bool verify) : impl_(std::make_unique<Impl>()) {
  using Context = asio::ssl::context;
  impl_->verify = verify;
  boost::system::error_code ignored;
  impl_->context.set_options(Context::no_tlsv1 | Context::no_tlsv1_1, ignored);
  impl_->context.set_verify_mode(verify ? asio::ssl::verify_peer : asio::ssl::verify_none, ignored);
  if (verify) impl_->context.set_default_verify_paths(ignored);
}
TlsContext::~TlsContext() = default;

struct Transport::Impl {
  explicit Impl(Loop& loop_in) : loop(loop_in), socket(io_context_of(loop_in)) {}
  Loop& loop;
  tcp::socket socket;
  std::optional<asio::ssl::stream<tcp::socket&>> tls;
  std::optional<Error> aborted;

  // The error of a finished operation: the reason of abort(), when that is what ended it.
  std::unexpected<Error> failure(std::string_view doing, const boost::system::error_code& error) {
    if (aborted) return std::unexpected(*aborted);
    const bool closed = error == asio::error::eof || error == asio::error::connection_reset ||
                        error == asio::error::broken_pipe ||
                        error == asio::ssl::error::stream_truncated;
    return fail(closed ? ErrorCode::kClosed : ErrorCode::kIo,
                std::string(doing) + ": " + error.message());
  }
  Task<Result<Endpoints>> resolve(std::string host, std::string port, Monotonic deadline,
                                  std::stop_token stop);
  Task<Status> connect_any(const Endpoints& endpoints);
  Task<Status> shake_hands(std::string host, TlsContext& context);
};

Task<Result<Endpoints>> Transport::Impl::resolve(std::string host, std::string port,
                                                 Monotonic deadline, std::stop_token stop) {
  boost::system::error_code error;
  const auto address = asio::ip::make_address(host, error);
  if (!error) co_return Endpoints{{address, static_cast<std::uint16_t>(std::atoi(port.c_str()))}};
  // The lookup cannot be interrupted: it keeps what it answers into alive, and may come late.
  const auto event = std::make_shared<OneShot<Result<Endpoints>>>();
  const auto resolver = std::make_shared<tcp::resolver>(io_context_of(loop));
  resolver->async_resolve(
      host, port,
      [event, resolver, host](const boost::system::error_code& failed,
                              const tcp::resolver::results_type& results) {
        if (failed) {
          event->set(fail(ErrorCode::kIo, "resolve " + host + ": " + failed.message()));
        } else {
          event->set(Endpoints(results.begin(), results.end()));
        }
      });
  auto wait = event->wait(loop.clock(), deadline, std::move(stop));
  KILN_CO_TRY(auto outcome, co_await wait);
  co_return outcome;
}

Task<Status> Transport::Impl::connect_any(const Endpoints& endpoints) {
  boost::system::error_code last = asio::error::host_not_found;
  for (const tcp::endpoint& endpoint : endpoints) {
    if (aborted) break;
    boost::system::error_code ignored;
    socket.close(ignored);
    auto connect = asio_await([&](auto done) { socket.async_connect(endpoint, std::move(done)); });
    const AsioResult connected = co_await connect;
    last = connected.error;
    if (aborted || last) continue;
    socket.set_option(tcp::no_delay(true), ignored);
    co_return Status();
  }
  co_return failure("connect", last);
}

Task<Status> Transport::Impl::shake_hands(std::string host, TlsContext& context) {
  tls.emplace(socket, context.impl().context);
  boost::system::error_code ignored;
  if (asio::ip::make_address(host, ignored); ignored)
    SSL_set_tlsext_host_name(tls->native_handle(), host.c_str());
  if (context.impl().verify)
    tls->set_verify_callback(asio::ssl::host_name_verification(host), ignored);
  auto handshake = asio_await(
      [&](auto done) { tls->async_handshake(asio::ssl::stream_base::client, std::move(done)); });
  const AsioResult shaken = co_await handshake;
  if (aborted || shaken.error) co_return failure("TLS handshake", shaken.error);
  co_return Status();
}

Transport::Transport(Loop& loop) : impl_(std::make_unique<Impl>(loop)) {}
Transport::~Transport() = default;

Task<Status> Transport::connect(std::string host, std::string port, TlsContext* tls,
                                Monotonic deadline, std::stop_token stop) {
  auto resolving = impl_->resolve(host, std::move(port), deadline, std::move(stop));
  KILN_CO_TRY(const Endpoints endpoints, co_await resolving);
  auto connecting = impl_->connect_any(endpoints);
  KILN_CO_TRY_VOID(co_await connecting);
  if (tls == nullptr) co_return Status();
  auto shaking = impl_->shake_hands(std::move(host), *tls);
  co_return co_await shaking;
}

Task<Status> Transport::write(std::string_view first, std::string_view second) {
  const std::array<asio::const_buffer, 2> parts{asio::buffer(first), asio::buffer(second)};
  auto write = asio_await([&](auto done) {
    if (impl_->tls) {
      asio::async_write(*impl_->tls, parts, std::move(done));
    } else {
      asio::async_write(impl_->socket, parts, std::move(done));
    }
  });
  const AsioResult written = co_await write;
  if (impl_->aborted || written.error) co_return impl_->failure("send", written.error);
  co_return Status();
}

Task<Result<std::size_t>> Transport::read(char* out, std::size_t size) {
  auto read = asio_await([&](auto done) {
    if (impl_->tls) {
      impl_->tls->async_read_some(asio::buffer(out, size), std::move(done));
    } else {
      impl_->socket.async_read_some(asio::buffer(out, size), std::move(done));
    }
  });
  const AsioResult got = co_await read;
  if (!impl_->aborted && got.error == asio::error::eof) co_return std::size_t{0};
  if (impl_->aborted || got.error) co_return impl_->failure("receive", got.error);
  co_return got.bytes;
}

void Transport::abort(Error reason) {
  if (!impl_->aborted) impl_->aborted = std::move(reason);
  boost::system::error_code ignored;
  impl_->socket.close(ignored);
}

bool Transport::is_stale() const {
  char byte = 0;
  const ssize_t got = ::recv(impl_->socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

}  // namespace kiln::http
