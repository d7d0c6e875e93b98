// SPDX-License-Identifier: Apache-2.0
#include "runtime_api/telemetry_delivery.h"

#include "async/asio_await.h"
#include "async/asio_loop.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <cerrno>
#include <optional>
#include <sys/socket.h>
#include <utility>

namespace kiln::runtime_api {
namespace {

namespace asio = boost::asio;

constexpr std::int64_t kTryMs = 5'000;
constexpr std::size_t kMaxAnswerHead = 16 * 1024;

std::string as_array(const std::vector<std::string>& batch) {
  std::string out = "[";
  for (const std::string& event : batch) {
    if (out.size() > 1) out += ',';
    out += event;
  }
  return out += ']';
}

std::string as_lines(const std::vector<std::string>& batch) {
  std::string out;
  for (const std::string& event : batch) out.append(event).append("\n");
  return out;
}

std::string as_request(const Subscription& subscription, const std::string& body) {
  std::string out = subscription.put ? "PUT " : "POST ";
  out += subscription.path + " HTTP/1.1\r\nHost: sandbox.localdomain:";
  out += std::to_string(subscription.port);
  out += "\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: ";
  out += std::to_string(body.size()) + "\r\n\r\n" + body;
  return out;
}

}  // namespace

struct TelemetryDelivery::Impl {
  using Descriptor = asio::posix::stream_descriptor;

  Impl(Loop& loop_in, const Subscription& subscription_in, std::shared_ptr<ConnectInside> connector)
      : loop(loop_in), subscription(subscription_in), connect(std::move(connector)) {}

  Task<Status> open();
  Task<Status> write(std::string bytes);
  Task<Status> read_answer();
  Task<Status> attempt(const std::vector<std::string>& batch);
  void abort() {
    boost::system::error_code ignored;
    if (socket) socket->close(ignored);
    aborted = true;
  }

  Loop& loop;
  const Subscription& subscription;
  const std::shared_ptr<ConnectInside> connect;
  std::optional<Descriptor> socket;
  bool aborted = false;
};

Task<Status> TelemetryDelivery::Impl::open() {
  if (!*connect) co_return fail(ErrorCode::kIo, "there is no way into the environment");
  auto connecting = (*connect)(subscription.port);
  auto fd = co_await connecting;
  if (!fd) co_return std::unexpected(std::move(fd.error()));
  if (aborted) co_return fail(ErrorCode::kTimeout, "deadline passed");
  socket.emplace(io_context_of(loop), fd->release());
  // A connect() that is still under way ends when the socket can be written to.
  auto waiting = asio_await(
      [this](auto done) { socket->async_wait(Descriptor::wait_write, std::move(done)); });
  const AsioResult waited = co_await waiting;
  if (waited.error || aborted) co_return fail(ErrorCode::kIo, "connect: " + waited.error.message());
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(socket->native_handle(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) co_return fail_errno("connect", std::to_string(subscription.port), error);
  co_return Status();
}

Task<Status> TelemetryDelivery::Impl::write(std::string bytes) {
  auto writing = asio_await(
      [&](auto done) { asio::async_write(*socket, asio::buffer(bytes), std::move(done)); });
  const AsioResult written = co_await writing;
  if (written.error) co_return fail(ErrorCode::kIo, "write: " + written.error.message());
  co_return Status();
}

Task<Status> TelemetryDelivery::Impl::read_answer() {
  std::string head;
  std::array<char, 4096> piece;
  while (head.find("\r\n\r\n") == std::string::npos) {
    auto reading = asio_await(
        [&](auto done) { socket->async_read_some(asio::buffer(piece), std::move(done)); });
    const AsioResult got = co_await reading;
    if (got.error) co_return fail(ErrorCode::kIo, "read: " + got.error.message());
    head.append(piece.data(), got.bytes);
    if (head.size() > kMaxAnswerHead) co_return fail(ErrorCode::kLimitExceeded, "answer");
  }
  // "HTTP/1.1 200 OK"
  const auto space = head.find(' ');
  if (!head.starts_with("HTTP/1.") || space + 1 >= head.size() || head[space + 1] != '2')
    co_return fail(ErrorCode::kIo, "the subscriber answered " + head.substr(0, 64));
  co_return Status();
}

Task<Status> TelemetryDelivery::Impl::attempt(const std::vector<std::string>& batch) {
  if (!socket) {
    auto opening = open();
    KILN_CO_TRY_VOID(co_await opening);
  }
  auto writing =
      write(subscription.tcp ? as_lines(batch) : as_request(subscription, as_array(batch)));
  KILN_CO_TRY_VOID(co_await writing);
  if (subscription.tcp) co_return Status();
  auto reading = read_answer();
  co_return co_await reading;
}

TelemetryDelivery::TelemetryDelivery(Loop& loop, const Subscription& subscription,
                                     std::shared_ptr<ConnectInside> connect)
    : impl_(std::make_unique<Impl>(loop, subscription, std::move(connect))) {}

TelemetryDelivery::~TelemetryDelivery() = default;

Task<Status> TelemetryDelivery::send(const std::vector<std::string>& batch, std::stop_token stop) {
  Impl& impl = *impl_;
  Clock& clock = impl.loop.clock();
  impl.aborted = false;
  const auto timer = clock.schedule(clock.monotonic().plus_ms(kTryMs), [&impl] { impl.abort(); });
  Status sent;
  {
    const std::stop_callback on_stop(stop, [&impl] { impl.abort(); });
    auto trying = impl.attempt(batch);
    sent = co_await trying;
  }
  clock.cancel(timer);
  if (!sent || !impl.subscription.tcp) impl.socket.reset();
  co_return sent;
}

}  // namespace kiln::runtime_api
