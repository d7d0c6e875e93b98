// SPDX-License-Identifier: Apache-2.0
// The body of a request as it arrives.
#include "async/asio_await.h"
#include "http/connection.h"

#include <boost/asio/buffer.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <sys/socket.h>
#include <utility>

namespace kiln::http {
namespace {

constexpr std::size_t kBodyPieceBytes = 64 * 1024;
constexpr std::uint64_t kDrainBytes = 64 * 1024;

}  // namespace

std::unexpected<Error> Connection::body_failure(Error error) {
  if (error.code == ErrorCode::kTimeout) context_->timeouts.add();
  if (error.code == ErrorCode::kInvalidArgument) context_->bad_requests.add();
  body_error_ = error;
  return std::unexpected(std::move(error));
}

Task<Result<std::string>> Connection::read() {
  if (body_error_) co_return std::unexpected(*body_error_);
  if (body_done_) co_return std::string();
  // Whoever waits for a body must not keep a response waiting that the sender may want first.
  if (std::exchange(holding_, false) && !co_await write(head_))
    co_return body_failure({ErrorCode::kClosed, "client left"});
  const std::uint64_t limit = context_->limits.body_bytes;
  if (framing_.length.value_or(0) > limit)
    co_return body_failure(
        {ErrorCode::kLimitExceeded, fmt::format("request body is over {} bytes", limit)});
  if (std::exchange(continue_due_, false) && buffered().empty() &&
      !co_await write("HTTP/1.1 100 Continue\r\n\r\n"))
    co_return body_failure({ErrorCode::kClosed, "client left"});
  const std::int64_t began_ns = context_->clock.monotonic().ns;
  set_deadline_ms(body_patience_ms());
  auto reading = framing_.chunked ? read_chunked() : read_sized();
  Result<std::string> piece = co_await reading;
  clear_deadline();
  body_waited_ms_ += (context_->clock.monotonic().ns - began_ns) / 1'000'000;
  if (!piece) co_return body_failure(std::move(piece.error()));
  body_read_ += piece->size();
  if (body_read_ > limit)
    co_return body_failure(
        {ErrorCode::kLimitExceeded, fmt::format("request body is over {} bytes", limit)});
  co_return piece;
}

// How long the next piece of the body may take.
std::int64_t Connection::body_patience_ms() const {
  const ServerLimits& limits = context_->limits;
  if (limits.body_min_bytes_per_second == 0) return limits.body_idle_timeout_ms;
  const auto earned_ms =
      static_cast<std::int64_t>(body_read_) * 1000 / limits.body_min_bytes_per_second;
  const std::int64_t left_ms = limits.body_grace_ms + earned_ms - body_waited_ms_;
  return std::clamp<std::int64_t>(left_ms, 0, limits.body_idle_timeout_ms);
}

// Waits for bytes before it makes room for them: of many slow senders, none holds a buffer.
Task<bool> Connection::wait_for_input() {
  char probe = 0;
  const ssize_t peeked = ::recv(socket_.native_handle(), &probe, 1, MSG_PEEK | MSG_DONTWAIT);
  if (peeked >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK)) co_return true;
  auto wait =
      asio_await([this](auto done) { socket_.async_wait(Socket::wait_read, std::move(done)); });
  const AsioResult waited = co_await wait;
  co_return !waited.error && !timed_out_;
}

Task<Result<std::string>> Connection::read_sized() {
  const std::uint64_t left = *framing_.length - body_read_;
  const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(left, kBodyPieceBytes));
  std::string piece;
  if (!buffered().empty()) {
    piece = buffered().substr(0, want);
    consume(piece.size());
  } else {
    auto wait = wait_for_input();
    if (!co_await wait) {
      if (timed_out_) co_return fail(ErrorCode::kTimeout, "request body came too slowly");
      co_return fail(ErrorCode::kClosed, "client left within its request body");
    }
    piece.resize_and_overwrite(want, [](char*, std::size_t size) { return size; });
    auto read = asio_await(
        [&](auto done) { socket_.async_read_some(boost::asio::buffer(piece), std::move(done)); });
    const AsioResult got = co_await read;
    if (timed_out_) co_return fail(ErrorCode::kTimeout, "request body came too slowly");
    if (got.error) co_return fail(ErrorCode::kClosed, "client left within its request body");
    piece.resize(got.bytes);
  }
  body_done_ = piece.size() == left;
  co_return piece;
}

Task<Result<std::string>> Connection::read_chunked() {
  std::string piece;
  while (true) {
    if (!buffered().empty()) {
      const std::string_view in = buffered().substr(0, kBodyPieceBytes);
      KILN_CO_TRY(const std::size_t taken, parser_.decode_chunked(in, piece));
      consume(taken);
      body_done_ = parser_.chunked_done();
      if (body_done_ || !piece.empty()) co_return piece;
      // Neither a chunk's head nor the trailer may be longer than this.
      if (buffered().size() >= kChunkedInputBytes)
        co_return fail(ErrorCode::kInvalidArgument, "chunk head or trailer too long");
    }
    if (!co_await fill_input()) {
      if (timed_out_) co_return fail(ErrorCode::kTimeout, "request body came too slowly");
      if (starved_) co_return fail(ErrorCode::kLimitExceeded, "connections hold too many bytes");
      co_return fail(ErrorCode::kClosed, "client left within its request body");
    }
  }
}

// True when what the handler left unread is not worth reading: the connection closes instead.
bool Connection::body_too_long_to_drain() const {
  if (body_done_) return false;
  // Whether a client that still waits for "100 Continue" will send its body cannot be known.
  if (continue_due_) return true;
  return framing_.length && *framing_.length - body_read_ > kDrainBytes;
}

Task<bool> Connection::drain_body() {
  for (std::uint64_t dropped = 0; !body_done_ && dropped <= kDrainBytes;) {
    auto reading = read();
    const Result<std::string> piece = co_await reading;
    if (!piece) co_return false;
    dropped += piece->size();
  }
  co_return body_done_;
}

}  // namespace kiln::http
