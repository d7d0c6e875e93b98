// SPDX-License-Identifier: Apache-2.0
#pragma once
// A Connection serves the requests of one accepted socket, one after another. Internal to http.
//
// Lifecycle: idle -> head -> handler and body -> response -> idle | lingering -> closed.
// Ownership: its coroutine run() holds it; the server keeps a plain pointer until on_closed().
// Threads:   the server's loop.
// Timeouts:  one clock timer a connection. It is only rescheduled for a deadline earlier than its
//            own; otherwise it fires, finds the deadline moved, and sleeps on. So a request that
//            flows costs no timer at all.

#include "async/clock.h"
#include "base/metrics.h"
#include "http/message.h"
#include "http/parser.h"
#include "http/server.h"
#include "os/fd.h"

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <sys/uio.h>

namespace kiln::http {

class Connection;

inline constexpr std::size_t kChunkedInputBytes = 16 * 1024;  // also what an idle connection keeps

// What the connections of one server share. Outlives them: each holds it by shared_ptr.
struct ServerContext {
  ServerContext(Loop& loop, Metrics& metrics, const std::string& prefix, ServerLimits limits,
                Server::Handler handler);
  virtual ~ServerContext() = default;
  // Last call of a connection, from its own coroutine.
  virtual void on_closed(Connection& connection) = 0;
  // The Date field, made once a second.
  std::string_view http_date();
  // Makes what a connection holds `bytes` instead of `held`; false, with nothing changed, when all
  // connections would hold too much.
  bool hold(std::size_t& held, std::size_t bytes);

  // Constant after construction.
  Loop& loop;
  Clock& clock;
  ServerLimits limits;
  Server::Handler handler;
  Counter& connections_open;
  Counter& requests;
  Counter& bad_requests;
  Counter& timeouts;
  Counter& shed;
  Counter& buffered;

  bool draining = false;

 private:
  std::size_t buffered_bytes_ = 0;
  std::int64_t date_second_ = -1;
  std::string date_;
};

class Connection final : public BodyReader {
 public:
  using Socket = boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol,
                                                  boost::asio::io_context::executor_type>;

  Connection(std::shared_ptr<ServerContext> context, Fd socket, int family,
             std::string peer_address);
  ~Connection() override;

  static Task<void> run(std::shared_ptr<Connection> self);
  // Ends a wait for the next request; a running request goes on.
  void close_if_idle();
  // Cuts the connection: whatever it waits for fails soon.
  void abort();

  std::optional<std::uint64_t> length() const override { return framing_.length; }
  Task<Result<std::string>> read() override;
  const Headers& trailer_fields() const override { return parser_.trailers(); }

 private:
  enum class HeadOutcome { kRequest, kRefused, kClosed };

  // Input.
  std::string_view buffered() const;
  void consume(std::size_t count) { input_begin_ += count; }
  Task<bool> fill_input();
  Task<HeadOutcome> read_head();
  std::optional<std::size_t> find_head_end();
  bool starts_malformed() const;
  Task<Result<std::string>> read_sized();
  Task<Result<std::string>> read_chunked();
  Task<bool> wait_for_input();
  void forget_large_request();
  std::int64_t body_patience_ms() const;
  bool hold_head(std::size_t head_bytes);
  std::unexpected<Error> body_failure(Error error);

  // Requests.
  Task<void> serve();
  Task<bool> serve_one();
  Task<Response> call_handler();
  Task<bool> send(Response response, bool keep_alive);
  Task<bool> stream(Response& response, bool chunked);
  bool body_too_long_to_drain() const;
  bool next_head_is_buffered() const;
  Task<bool> drain_body();
  Task<void> refuse(int status);
  Task<void> linger();

  // Output. False when the connection broke.
  Task<bool> write(std::string_view first, std::string_view second = {},
                   std::string_view third = {});
  bool write_now(iovec (&parts)[3]);

  void set_deadline_ms(std::int64_t ms_from_now);
  void clear_deadline() { deadline_ns_ = INT64_MAX; }
  void schedule_timer(std::int64_t at_ns);
  void on_timer();

  // Constant after construction.
  const std::shared_ptr<ServerContext> context_;

  Socket socket_;
  Clock::TimerId timer_ = 0;
  std::int64_t timer_ns_ = INT64_MAX;
  std::int64_t deadline_ns_ = INT64_MAX;
  bool timed_out_ = false;
  bool idle_ = false;
  bool broken_ = false;

  std::string input_;
  std::size_t input_begin_ = 0;
  std::size_t input_end_ = 0;
  std::size_t head_scanned_ = 0;
  std::size_t held_ = 0;       // of the server's buffered_bytes
  std::size_t head_held_ = 0;  // of those, for the current request's head
  bool starved_ = false;       // the server's buffered_bytes are used up

  // Of the current request.
  RequestParser parser_;
  Request request_;
  Framing framing_;
  std::uint64_t body_read_ = 0;
  std::int64_t body_waited_ms_ = 0;
  bool body_done_ = true;
  bool continue_due_ = false;
  std::optional<Error> body_error_;
  int refusal_ = 0;
  // The response head that is being sent, behind whole responses that waited for it.
  std::string head_;
  bool holding_ = false;
};

}  // namespace kiln::http
