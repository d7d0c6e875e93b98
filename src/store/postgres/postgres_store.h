// SPDX-License-Identifier: Apache-2.0
#pragma once
// The PostgreSQL engine of Store: several servers on one database, or on a distributed one that
// speaks its protocol (CockroachDB, YugabyteDB). Portable SQL only.
//
// libpq runs on threads of the engine's own. A read is one statement, a commit one serializable
// transaction (writer.h), a snapshot one connection in a read-only repeatable-read transaction, a
// watch a poll of a table (change_log.h).
// Deadlines: every call ends within PostgresOptions::deadline_ms of real time. A database that is
// away is waited for `patience_ms`, then calls answer kIo at once until it is back.

#include "async/clock.h"
#include "async/executor.h"
#include "base/metrics.h"
#include "base/random.h"
#include "base/result.h"
#include "store/store.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace kiln::store {

struct PostgresOptions {
  // postgres://user:password@host:port/database?sslmode=verify-full…, as libpq reads it; what is
  // missing comes from PGPASSWORD, PGPASSFILE and so on. Never logged.
  std::string url;
  std::size_t threads = 8;         // as many connections at most for reads and commits
  std::size_t max_snapshots = 16;  // as many more
  std::int64_t deadline_ms = 10'000;
  std::int64_t patience_ms = 3'000;
  std::int64_t poll_ms = 250;  // how late a watch hears of another server's commit
};

// True for what `--store` takes: postgres://… or postgresql://…
bool is_postgres_url(std::string_view text);
// "postgres://host:port/database" for people: no user, no password. kInvalidArgument names no part
// of a text that libpq can't read, as that may hold the password.
Result<std::string> describe_postgres_url(const std::string& url);

// Connects, creates or migrates the tables. Blocks until then, 10 s at most. All references outlive
// the store; callers are on `home`, where `clock` has its timers.
Result<std::unique_ptr<Store>> open_postgres_store(PostgresOptions options, Executor& home,
                                                   Clock& clock, Random& random, Metrics& metrics);

}  // namespace kiln::store
