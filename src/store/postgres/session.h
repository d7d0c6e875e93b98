// SPDX-License-Identifier: Apache-2.0
#pragma once
// Session is one connection to PostgreSQL (or a database of its protocol), used by one thread at a
// time. Every call has a deadline; past it, or when the connection is lost, the session is broken
// and only good for destruction.
//
// Deadlines are real time, not Clock time: they bound waits of sockets.

#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct pg_conn;
struct pg_result;

namespace kiln::store::postgres {

using Deadline = std::chrono::steady_clock::time_point;
inline Deadline deadline_in_ms(std::int64_t ms) {
  return std::chrono::steady_clock::now() + std::chrono::milliseconds(ms);
}

struct Parameter {
  std::string bytes;
  bool binary = false;
};
Parameter bytes_parameter(std::string bytes);  // BYTEA
Parameter number_parameter(std::int64_t number);
Parameter bytes_array_parameter(const std::vector<std::string_view>& items);  // BYTEA[]

struct Statement {
  std::string sql;
  std::vector<Parameter> parameters;
};

// The rows of one statement.
class Rows {
 public:
  explicit Rows(pg_result* result) : result_(result) {}
  int size() const;
  // Bytes of a BYTEA, or the text of anything else that was sent as text. Valid while *this lives.
  std::string_view bytes(int row, int column) const;
  std::int64_t number(int row, int column) const;  // of a BIGINT
  std::string_view command_tag() const;            // "COMMIT", "ROLLBACK", "INSERT 0 1"

 private:
  struct Clear {
    void operator()(pg_result* result) const;
  };
  std::unique_ptr<pg_result, Clear> result_;
};

struct Failure {
  enum class Kind {
    kNoConnection,  // none was made
    kLost,          // the connection ended before the answer
    kTimeout,       // the deadline passed before the answer
    kServer,        // the server answered an error
  };
  Kind kind = Kind::kServer;
  std::string sqlstate;  // of kServer
  std::string message;
  bool fatal = false;         // of kServer: the session ended with it
  std::size_t statement = 0;  // of kServer: its index in the list

  // True for what goes away by itself: serialization conflicts, lost connections, a restart.
  bool transient() const;
};
template <class T>
using Outcome = std::expected<T, Failure>;

class Session {
 public:
  // `url` is postgres://… ; all its options are libpq's.
  static Outcome<std::unique_ptr<Session>> connect(const std::string& url, Deadline deadline);
  ~Session();

  // Sends all statements in one round trip and answers the rows of each, in order. The first error
  // skips the rest (the transaction, if one is open, has then failed).
  Outcome<std::vector<Rows>> run(const std::vector<Statement>& statements, Deadline deadline);
  Outcome<Rows> run_one(Statement statement, Deadline deadline);
  // Ends an open transaction; a session where that fails is broken.
  void roll_back(Deadline deadline);
  bool broken() const { return broken_; }
  // The server can be told not to wait for the disk in a transaction.
  bool can_buffer() const { return can_buffer_; }

 private:
  explicit Session(pg_conn* connection) : connection_(connection) {}
  Outcome<void> finish_connect(Deadline deadline);
  void configure(Deadline deadline);
  Outcome<void> wait(bool read, bool write, Deadline deadline);
  Outcome<pg_result*> next_result(Deadline deadline);
  std::unexpected<Failure> lost(Failure::Kind kind);

  pg_conn* connection_;
  bool broken_ = false;
  bool can_buffer_ = false;
};

}  // namespace kiln::store::postgres
