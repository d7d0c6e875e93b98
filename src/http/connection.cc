// SPDX-License-Identifier: Apache-2.0
#include "http/connection.h"

#include "async/asio_await.h"
#include "async/asio_loop.h"
#include "base/log.h"
#include "base/time.h"
#include "http/response_head.h"

#include <boost/asio/buffer.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <utility>

namespace kiln::http {
namespace {

constexpr std::size_t kFirstInputBytes = 4 * 1024;
constexpr std::uint64_t kLingerBytes = 16 * 1024 * 1024;
constexpr std::int64_t kLingerMs = 2'000;
constexpr std::size_t kKeptFields = 64;  // of an idle connection's last request

bool may_start_method(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

bool has_no_body(int status) { return status / 100 == 1 || status == 204 || status == 304; }

}  // namespace

ServerContext::ServerContext(Loop& loop_in, Metrics& metrics, const std::string& prefix,
                             ServerLimits limits_in, Server::Handler handler_in)
    : loop(loop_in),
      clock(loop_in.clock()),
      limits(limits_in),
      handler(std::move(handler_in)),
      connections_open(metrics.counter(prefix + "_connections")),
      requests(metrics.counter(prefix + "_requests_total")),
      bad_requests(metrics.counter(prefix + "_bad_requests_total")),
      timeouts(metrics.counter(prefix + "_timeouts_total")),
      shed(metrics.counter(prefix + "_shed_total")),
      buffered(metrics.counter(prefix + "_buffered_bytes")) {}

bool ServerContext::hold(std::size_t& held, std::size_t bytes) {
  const std::size_t total = buffered_bytes_ - held + bytes;
  if (bytes > held && total > limits.buffered_bytes) {
    shed.add();
    return false;
  }
  buffered_bytes_ = total;
  held = bytes;
  buffered.set(static_cast<std::int64_t>(total));
  return true;
}

std::string_view ServerContext::http_date() {
  const Timestamp now = clock.wall();
  if (now.ms / 1000 != date_second_) {
    date_second_ = now.ms / 1000;
    date_ = format_http_date(now);
  }
  return date_;
}

Connection::Connection(std::shared_ptr<ServerContext> context, Fd socket, int family,
                       std::string peer_address)
    : context_(std::move(context)), socket_(io_context_of(context_->loop)) {
  // Small responses leave at once; fails harmlessly on a socket that is not TCP.
  const int on = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  boost::system::error_code error;
  socket_.assign(boost::asio::generic::stream_protocol(family, 0), socket.get(), error);
  if (error) {
    log::warn("http", "cannot watch an accepted socket: " + error.message());
  } else {
    socket.release();
  }
  request_.peer_address = std::move(peer_address);
  request_.body = this;
}

Connection::~Connection() { context_->hold(held_, 0); }

Task<void> Connection::run(std::shared_ptr<Connection> self) {
  co_await self->serve();
  if (self->timer_ != 0) self->context_->clock.cancel(self->timer_);
  boost::system::error_code ignored;
  self->socket_.close(ignored);
  self->context_->on_closed(*self);
}

void Connection::close_if_idle() {
  boost::system::error_code ignored;
  if (idle_) socket_.cancel(ignored);
}

void Connection::abort() {
  broken_ = true;
  boost::system::error_code ignored;
  socket_.close(ignored);
}

Task<void> Connection::serve() {
  while (!broken_) {
    const HeadOutcome outcome = co_await read_head();
    if (outcome == HeadOutcome::kClosed) co_return;
    if (outcome == HeadOutcome::kRefused) {
      co_await refuse(refusal_);
      co_return;
    }
    context_->requests.add();
    if (!co_await serve_one()) break;
  }
  // Closing while the client still sends would reset the connection and lose the response.
  if (!broken_ && (!body_done_ || !buffered().empty())) co_await linger();
}

// Answers whether the connection may carry another request.
Task<bool> Connection::serve_one() {
  Response response = co_await call_handler();
  bool keep_alive = framing_.keep_alive && !response.close && !context_->draining && !body_error_ &&
                    !body_too_long_to_drain();
  keep_alive = co_await send(std::move(response), keep_alive) && keep_alive;
  if (keep_alive && !body_done_) keep_alive = co_await drain_body();
  co_return keep_alive && !broken_;
}

Task<Response> Connection::call_handler() {
  try {
    Task<Response> task = context_->handler(request_);
    co_return co_await task;
  } catch (const std::exception& error) {
    log::error("http", std::string("handler failed: ") + error.what());
  } catch (...) {
    log::error("http", "handler failed with an unknown exception");
  }
  Response response;
  response.status = 500;
  response.close = true;
  co_return response;
}

Task<bool> Connection::send(Response response, bool keep_alive) {
  const bool to_head = request_.method == "HEAD";
  const bool no_body = has_no_body(response.status);
  BodyFraming framing;
  if (response.producer) {
    framing.length = response.content_length;
    framing.chunked = !framing.length && !framing_.http_1_0;
    // Without chunks, only the end of the connection can end the body.
    if (!framing.length && framing_.http_1_0) keep_alive = false;
  } else {
    framing.length =
        to_head && response.content_length ? *response.content_length : response.body.size();
  }
  if (no_body) framing = {};
  std::string_view connection;
  if (!keep_alive) {
    connection = "close";
  } else if (framing_.http_1_0) {
    connection = "keep-alive";
  }
  if (!std::exchange(holding_, false)) head_.clear();
  append_response_head(head_, response.status, response.headers, framing, connection,
                       context_->http_date());
  if (response.may_wait_for_next && keep_alive && next_head_is_buffered()) {
    if (!to_head && !no_body) head_.append(response.body);
    holding_ = true;
    co_return true;
  }
  if (to_head || no_body) co_return co_await write(head_) && keep_alive;
  if (!response.producer) co_return co_await write(head_, response.body) && keep_alive;
  if (!co_await write(head_)) co_return false;
  co_return co_await stream(response, framing.chunked) && keep_alive;
}

Task<bool> Connection::stream(Response& response, bool chunked) {
  std::uint64_t sent = 0;
  while (true) {
    auto next = response.producer();
    Result<std::optional<std::string>> piece = co_await next;
    if (!piece) {
      log::debug("http", "response cut: " + piece.error().message);
      abort();
      co_return false;
    }
    if (!*piece) break;
    const std::string& bytes = **piece;
    if (bytes.empty()) continue;
    sent += bytes.size();
    if (response.content_length && sent > *response.content_length) {
      log::error("http", "a response body is longer than the length it promised");
      abort();
      co_return false;
    }
    const std::string size_line = chunked ? fmt::format("{:x}\r\n", bytes.size()) : std::string();
    if (!co_await write(size_line, bytes, chunked ? "\r\n" : "")) co_return false;
  }
  if (response.content_length && sent != *response.content_length) {
    log::error("http", "a response body is shorter than the length it promised");
    abort();
    co_return false;
  }
  if (chunked && !co_await write("0\r\n\r\n")) co_return false;
  co_return true;
}

Task<void> Connection::refuse(int status) {
  (status == 408 ? context_->timeouts : context_->bad_requests).add();
  body_done_ = false;
  const std::string body = fmt::format("{} {}\n", status, reason_phrase(status));
  Headers headers;
  headers.add("Content-Type", "text/plain");
  if (!std::exchange(holding_, false)) head_.clear();
  append_response_head(head_, status, headers, {.length = body.size()}, "close",
                       context_->http_date());
  if (co_await write(head_, body)) co_await linger();
}

Task<void> Connection::linger() {
  boost::system::error_code ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
  set_deadline_ms(kLingerMs);
  for (std::uint64_t dropped = 0; dropped < kLingerBytes && !timed_out_;) {
    input_begin_ = input_end_ = 0;
    if (!co_await fill_input()) break;
    dropped += buffered().size();
  }
  clear_deadline();
}

Task<bool> Connection::write(std::string_view first, std::string_view second,
                             std::string_view third) {
  iovec parts[3] = {{const_cast<char*>(first.data()), first.size()},
                    {const_cast<char*>(second.data()), second.size()},
                    {const_cast<char*>(third.data()), third.size()}};
  while (!write_now(parts)) {
    if (broken_) co_return false;
    set_deadline_ms(context_->limits.write_idle_timeout_ms);
    auto wait =
        asio_await([this](auto done) { socket_.async_wait(Socket::wait_write, std::move(done)); });
    const AsioResult waited = co_await wait;
    clear_deadline();
    if (timed_out_) context_->timeouts.add();
    if (waited.error || timed_out_) broken_ = true;
    if (broken_) co_return false;
  }
  co_return true;
}

// True when everything is written; else `parts` is what remains, or broken_ is set.
bool Connection::write_now(iovec (&parts)[3]) {
  while (!broken_) {
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = 3;
    const ssize_t sent = ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) {
      if (errno == EINTR) continue;
      broken_ = errno != EAGAIN && errno != EWOULDBLOCK;
      return false;
    }
    auto left = static_cast<std::size_t>(sent);
    std::size_t remaining = 0;
    for (iovec& part : parts) {
      const std::size_t done = std::min(left, part.iov_len);
      part.iov_base = static_cast<char*>(part.iov_base) + done;
      part.iov_len -= done;
      left -= done;
      remaining += part.iov_len;
    }
    if (remaining == 0) return true;
  }
  return false;
}

void Connection::set_deadline_ms(std::int64_t ms_from_now) {
  timed_out_ = false;
  deadline_ns_ = context_->clock.monotonic().plus_ms(ms_from_now).ns;
  if (deadline_ns_ < timer_ns_) schedule_timer(deadline_ns_);
}

void Connection::schedule_timer(std::int64_t at_ns) {
  if (timer_ != 0) context_->clock.cancel(timer_);
  timer_ns_ = at_ns;
  timer_ = context_->clock.schedule({at_ns}, [this] { on_timer(); });
}

void Connection::on_timer() {
  timer_ = 0;
  timer_ns_ = INT64_MAX;
  if (deadline_ns_ == INT64_MAX) return;
  if (context_->clock.monotonic().ns < deadline_ns_) return schedule_timer(deadline_ns_);
  timed_out_ = true;
  boost::system::error_code ignored;
  socket_.cancel(ignored);
}

std::string_view Connection::buffered() const {
  return {input_.data() + input_begin_, input_end_ - input_begin_};
}

// Waits for more bytes behind those buffered; false when there will be none.
Task<bool> Connection::fill_input() {
  if (input_begin_ == input_end_) input_begin_ = input_end_ = 0;
  if (input_end_ == input_.size()) {
    if (input_begin_ > 0) {
      input_.erase(0, input_begin_);
      input_end_ -= input_begin_;
      input_begin_ = 0;
    }
    // Callers bound what is buffered, hence this growth.
    const std::size_t size = std::max(kFirstInputBytes, input_end_ * 2);
    starved_ = !context_->hold(held_, size + head_held_);
    if (starved_) co_return false;
    input_.resize(size);
  }
  auto read = asio_await([this](auto done) {
    socket_.async_read_some(
        boost::asio::buffer(input_.data() + input_end_, input_.size() - input_end_),
        std::move(done));
  });
  const AsioResult got = co_await read;
  input_end_ += got.bytes;
  if (got.error && !timed_out_ && got.error != boost::asio::error::operation_aborted)
    broken_ = broken_ || got.error != boost::asio::error::eof;
  co_return !got.error && !broken_;
}

std::optional<std::size_t> Connection::find_head_end() {
  const std::string_view input = buffered();
  const std::size_t from = head_scanned_ > 3 ? head_scanned_ - 3 : 0;
  const std::size_t at = input.find("\r\n\r\n", from);
  head_scanned_ = input.size();
  if (at == std::string_view::npos) return std::nullopt;
  return at + 4;
}

// Tells garbage (a TLS hello, bare line feeds) apart before its end that may never come.
bool Connection::starts_malformed() const {
  const std::string_view input = buffered();
  if (input.empty()) return false;
  if (!may_start_method(input.front())) return input.front() != '\r' || input.size() > 1;
  const std::size_t line_end = input.find('\n');
  return line_end != std::string_view::npos && input[line_end - 1] != '\r';
}

Task<Connection::HeadOutcome> Connection::read_head() {
  head_scanned_ = 0;
  timed_out_ = false;
  body_error_.reset();
  bool head_started = false;
  while (true) {
    // RFC 9112 section 2.2: empty lines before a request are ignored.
    while (head_scanned_ == 0 && buffered().starts_with("\r\n")) consume(2);
    const std::optional<std::size_t> end = find_head_end();
    if (end.value_or(buffered().size()) > context_->limits.head_bytes)
      refusal_ = 431;
    else if (end) {
      refusal_ = parser_.parse_head(buffered().substr(0, *end), request_, framing_);
      if (refusal_ == 0 && request_.headers.fields().size() > context_->limits.head_fields)
        refusal_ = 431;
      if (refusal_ == 0 && !hold_head(*end)) refusal_ = 503;
      consume(*end);
      body_read_ = 0;
      body_waited_ms_ = 0;
      body_done_ = !framing_.chunked && framing_.length.value_or(0) == 0;
      continue_due_ = framing_.expect_continue && !body_done_;
      clear_deadline();
      co_return refusal_ == 0 ? HeadOutcome::kRequest : HeadOutcome::kRefused;
    } else {
      refusal_ = starts_malformed() ? 400 : 0;
    }
    if (refusal_ != 0) co_return HeadOutcome::kRefused;
    idle_ = buffered().empty();
    if (idle_ && context_->draining) co_return HeadOutcome::kClosed;
    if (idle_) forget_large_request();
    if (!idle_ && !head_started) {
      head_started = true;
      set_deadline_ms(context_->limits.head_timeout_ms);
    } else if (idle_ && context_->limits.keep_alive_timeout_ms > 0) {
      set_deadline_ms(context_->limits.keep_alive_timeout_ms);
    }
    const bool more = co_await fill_input();
    idle_ = false;
    if (more) continue;
    if (starved_) {
      refusal_ = 503;
      co_return HeadOutcome::kRefused;
    }
    if (!timed_out_ || buffered().empty()) co_return HeadOutcome::kClosed;
    refusal_ = 408;
    co_return HeadOutcome::kRefused;
  }
}

// What was kept for a large head or body goes while nothing comes.
void Connection::forget_large_request() {
  if (input_.size() > kChunkedInputBytes) std::string(kFirstInputBytes, 0).swap(input_);
  if (request_.headers.fields().size() > kKeptFields) request_.headers = {};
  head_held_ = 0;
  context_->hold(held_, input_.size());
}

// Counts the head as the handler sees it, too.
bool Connection::hold_head(std::size_t head_bytes) {
  const std::size_t held = head_bytes + request_.headers.fields().size() * sizeof(Headers::Field);
  if (!context_->hold(held_, input_.size() + held)) return false;
  head_held_ = held;
  return true;
}

// A body that is left to drain would lie between the two.
bool Connection::next_head_is_buffered() const {
  return body_done_ && buffered().find("\r\n\r\n") != std::string_view::npos;
}

}  // namespace kiln::http
