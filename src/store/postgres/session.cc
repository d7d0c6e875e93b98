// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/session.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <libpq-fe.h>
#include <poll.h>
#include <utility>

namespace kiln::store::postgres {
namespace {

constexpr Oid kByteaOid = 17;
// Bounds on the server's side: for a statement, and for a transaction whose client went silent.
constexpr char kStatementTimeout[] = "SET statement_timeout = 5000";
constexpr char kIdleTimeout[] = "SET idle_in_transaction_session_timeout = 10000";
// Small tables are scanned by default, and a scan of all rows conflicts with every writer.
constexpr char kPreferIndexes[] = "SET enable_seqscan = off";

void append_u32(std::string& out, std::uint32_t number) {
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(number >> shift & 0xFF);
}

std::string trimmed(const char* text) {
  std::string out(text == nullptr ? "" : text);
  while (!out.empty() && (out.back() == '\n' || out.back() == ' ')) out.pop_back();
  std::ranges::replace_if(out, [](char c) { return c == '\n' || c == '\t'; }, ' ');
  return out;
}

int remaining_ms(Deadline deadline) {
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000));
}

std::string field(const PGresult* result, int code) {
  const char* text = PQresultErrorField(result, code);
  return text == nullptr ? "" : text;
}

Failure server_failure(const PGresult* result, std::size_t statement) {
  std::string severity = field(result, PG_DIAG_SEVERITY_NONLOCALIZED);
  if (severity.empty()) severity = field(result, PG_DIAG_SEVERITY);
  Failure out{.kind = Failure::Kind::kServer,
              .sqlstate = field(result, PG_DIAG_SQLSTATE),
              .message = trimmed(PQresultErrorMessage(result)),
              .fatal = severity == "FATAL" || severity == "PANIC",
              .statement = statement};
  // libpq makes a result of its own, without a state, when the connection ends.
  if (out.sqlstate.empty()) out.kind = Failure::Kind::kLost;
  return out;
}

void ignore_notice(void*, const PGresult*) {}

}  // namespace

Parameter bytes_parameter(std::string bytes) { return {std::move(bytes), true}; }
Parameter number_parameter(std::int64_t number) { return {std::to_string(number), false}; }

Parameter bytes_array_parameter(const std::vector<std::string_view>& items) {
  Parameter out{.binary = true};
  append_u32(out.bytes, items.empty() ? 0 : 1);  // dimensions
  append_u32(out.bytes, 0);                      // no nulls
  append_u32(out.bytes, kByteaOid);
  if (!items.empty()) {
    append_u32(out.bytes, static_cast<std::uint32_t>(items.size()));
    append_u32(out.bytes, 1);  // first index
  }
  for (const std::string_view item : items) {
    append_u32(out.bytes, static_cast<std::uint32_t>(item.size()));
    out.bytes += item;
  }
  return out;
}

void Rows::Clear::operator()(pg_result* result) const { PQclear(result); }
int Rows::size() const { return PQntuples(result_.get()); }
std::string_view Rows::bytes(int row, int column) const {
  return {PQgetvalue(result_.get(), row, column),
          static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
}
std::int64_t Rows::number(int row, int column) const {
  std::uint64_t out = 0;
  for (const char byte : bytes(row, column)) out = out << 8 | static_cast<unsigned char>(byte);
  return static_cast<std::int64_t>(out);
}
std::string_view Rows::command_tag() const { return PQcmdStatus(result_.get()); }

bool Failure::transient() const {
  if (kind != Kind::kServer) return kind != Kind::kTimeout;
  return fatal || sqlstate == "40001" || sqlstate == "40P01" || sqlstate == "53300" ||
         sqlstate.starts_with("08") || sqlstate.starts_with("57P") || sqlstate == "25006";
}

Outcome<std::unique_ptr<Session>> Session::connect(const std::string& url, Deadline deadline) {
  const char* const keywords[] = {"dbname", "fallback_application_name", nullptr};
  const char* const values[] = {url.c_str(), "kiln", nullptr};
  PGconn* connection = PQconnectStartParams(keywords, values, /*expand_dbname=*/1);
  if (connection == nullptr) {
    return std::unexpected(
        Failure{.kind = Failure::Kind::kNoConnection, .message = "out of memory"});
  }
  std::unique_ptr<Session> out(new Session(connection));
  if (auto connected = out->finish_connect(deadline); !connected) {
    Failure failure = std::move(connected.error());
    const bool timeout = failure.kind == Failure::Kind::kTimeout;
    if (timeout) failure.message = "no answer in time";
    failure.kind = Failure::Kind::kNoConnection;
    return std::unexpected(std::move(failure));
  }
  out->configure(deadline);
  if (out->broken_) return out->lost(Failure::Kind::kNoConnection);
  return out;
}

Session::~Session() { PQfinish(connection_); }

Outcome<void> Session::finish_connect(Deadline deadline) {
  PQsetNoticeReceiver(connection_, ignore_notice, nullptr);
  PostgresPollingStatusType next = PGRES_POLLING_WRITING;
  while (PQstatus(connection_) != CONNECTION_BAD && next != PGRES_POLLING_OK) {
    if (auto waited = wait(next == PGRES_POLLING_READING, next == PGRES_POLLING_WRITING, deadline);
        !waited) {
      return waited;
    }
    next = PQconnectPoll(connection_);
    if (next == PGRES_POLLING_FAILED) break;
  }
  if (next != PGRES_POLLING_OK || PQsetnonblocking(connection_, 1) != 0 ||
      PQenterPipelineMode(connection_) != 1) {
    return lost(Failure::Kind::kNoConnection);
  }
  return {};
}

void Session::configure(Deadline deadline) {
  // A database that does not know one of these has a default that is safe, only slower.
  for (const char* setting : {kStatementTimeout, kIdleTimeout, kPreferIndexes}) {
    (void)run({{setting, {}}}, deadline);
  }
  const auto level = run_one({"SELECT current_setting('synchronous_commit')", {}}, deadline);
  can_buffer_ = level && level->size() == 1;
  if (can_buffer_ && level->bytes(0, 0) == "off") {
    (void)run({{"SET synchronous_commit = on", {}}}, deadline);
  }
}

std::unexpected<Failure> Session::lost(Failure::Kind kind) {
  broken_ = true;
  return std::unexpected(Failure{.kind = kind,
                                 .message = kind == Failure::Kind::kTimeout
                                                ? "no answer in time"
                                                : trimmed(PQerrorMessage(connection_))});
}

Outcome<void> Session::wait(bool read, bool write, Deadline deadline) {
  pollfd waiting{.fd = PQsocket(connection_),
                 .events = static_cast<short>((read ? POLLIN : 0) | (write ? POLLOUT : 0))};
  for (;;) {
    const int ready = ::poll(&waiting, 1, remaining_ms(deadline));
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return lost(Failure::Kind::kLost);
    if (std::chrono::steady_clock::now() >= deadline) return lost(Failure::Kind::kTimeout);
  }
}

Outcome<pg_result*> Session::next_result(Deadline deadline) {
  for (;;) {
    const int unsent = PQflush(connection_);
    if (unsent < 0) return lost(Failure::Kind::kLost);
    if (PQisBusy(connection_) == 0) return PQgetResult(connection_);
    if (auto waited = wait(true, unsent == 1, deadline); !waited) {
      return std::unexpected(std::move(waited.error()));
    }
    if (PQconsumeInput(connection_) == 0) return lost(Failure::Kind::kLost);
  }
}

Outcome<std::vector<Rows>> Session::run(const std::vector<Statement>& statements,
                                        Deadline deadline) {
  if (broken_) return lost(Failure::Kind::kLost);
  for (const Statement& statement : statements) {
    std::vector<const char*> values;
    std::vector<int> lengths;
    std::vector<int> formats;
    for (const Parameter& parameter : statement.parameters) {
      values.push_back(parameter.bytes.c_str());
      lengths.push_back(static_cast<int>(parameter.bytes.size()));
      formats.push_back(parameter.binary ? 1 : 0);
    }
    if (PQsendQueryParams(connection_, statement.sql.c_str(), static_cast<int>(values.size()),
                          nullptr, values.data(), lengths.data(), formats.data(),
                          /*resultFormat=*/1) != 1) {
      return lost(Failure::Kind::kLost);
    }
  }
  if (PQpipelineSync(connection_) != 1) return lost(Failure::Kind::kLost);

  std::vector<Rows> out;
  std::optional<Failure> failure;
  for (std::size_t ended = 0;;) {
    auto result = next_result(deadline);
    if (!result) return std::unexpected(failure ? *std::move(failure) : result.error());
    if (*result == nullptr) {  // ends the results of one statement
      if (++ended > statements.size()) return lost(Failure::Kind::kLost);
      continue;
    }
    Rows rows(*result);
    const ExecStatusType status = PQresultStatus(*result);
    if (status == PGRES_PIPELINE_SYNC) break;
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) {
      out.push_back(std::move(rows));
    } else if (!failure && status != PGRES_PIPELINE_ABORTED) {
      failure = server_failure(*result, ended);
    }
    if (PQstatus(connection_) == CONNECTION_BAD) {
      if (failure) broken_ = true;
      return failure ? Outcome<std::vector<Rows>>(std::unexpected(*std::move(failure)))
                     : lost(Failure::Kind::kLost);
    }
  }
  if (failure) {
    if (failure->fatal) broken_ = true;
    return std::unexpected(*std::move(failure));
  }
  return out;
}

void Session::roll_back(Deadline deadline) {
  if (broken_) return;
  if (auto ended = run({{"ROLLBACK", {}}}, deadline); !ended) broken_ = true;
}

Outcome<Rows> Session::run_one(Statement statement, Deadline deadline) {
  std::vector<Statement> statements;
  statements.push_back(std::move(statement));
  auto results = run(statements, deadline);
  if (!results) return std::unexpected(std::move(results.error()));
  if (results->size() != 1) return lost(Failure::Kind::kLost);
  return std::move(results->front());
}

}  // namespace kiln::store::postgres
