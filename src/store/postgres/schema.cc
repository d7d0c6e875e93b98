// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/schema.h"

#include <charconv>
#include <string>
#include <vector>

namespace kiln::store::postgres {
namespace {

// Number n leads from format n to n+1. Each statement stands alone (not every database runs them in
// a transaction) and may be run twice.
using Migration = std::vector<const char*>;
const std::vector<Migration>& migrations() {
  static const std::vector<Migration> list = {
      {
          "CREATE TABLE IF NOT EXISTS kiln_meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
          "CREATE TABLE IF NOT EXISTS kiln_kv "
          "(key BYTEA PRIMARY KEY, value BYTEA NOT NULL, version BYTEA NOT NULL)",
          "CREATE TABLE IF NOT EXISTS kiln_idempotency "
          "(key BYTEA PRIMARY KEY, expires_ms BIGINT NOT NULL)",
          "CREATE INDEX IF NOT EXISTS kiln_idempotency_expires ON kiln_idempotency (expires_ms)",
          "CREATE TABLE IF NOT EXISTS kiln_changes "
          "(at_ms BIGINT NOT NULL, id BYTEA NOT NULL, keys BYTEA NOT NULL, "
          "PRIMARY KEY (at_ms, id))",
      },
  };
  return list;
}

constexpr char kUndefinedTable[] = "42P01";
constexpr int kMaxTries = 20;

Error error_of(const Failure& failure) {
  return {ErrorCode::kIo, "prepare the tables of the store: " + failure.message};
}

// 0: no tables yet.
Outcome<std::size_t> read_format(Session& session, Deadline deadline) {
  auto rows = session.run_one({"SELECT value FROM kiln_meta WHERE name = 'format'", {}}, deadline);
  if (!rows) {
    if (rows.error().sqlstate == kUndefinedTable) return 0;
    return std::unexpected(std::move(rows.error()));
  }
  if (rows->size() == 0) return 0;
  const std::string_view text = rows->bytes(0, 0);
  std::size_t format = ~std::size_t{0};
  std::from_chars(text.data(), text.data() + text.size(), format);
  return format;
}

Outcome<void> migrate(Session& session, std::size_t from, Deadline deadline) {
  for (std::size_t step = from; step < migrations().size(); ++step) {
    for (const char* sql : migrations()[step]) {
      if (auto done = session.run_one({sql, {}}, deadline); !done) {
        return std::unexpected(std::move(done.error()));
      }
    }
    auto noted = session.run_one({"INSERT INTO kiln_meta (name, value) VALUES ('format', $1::text) "
                                  "ON CONFLICT (name) DO UPDATE SET value = EXCLUDED.value",
                                  {{std::to_string(step + 1), false}}},
                                 deadline);
    if (!noted) return std::unexpected(std::move(noted.error()));
  }
  return {};
}

}  // namespace

Status prepare_schema(Session& session, Deadline deadline) {
  for (int tries = 1;; ++tries) {
    auto format = read_format(session, deadline);
    if (!format) return std::unexpected(error_of(format.error()));
    if (*format > migrations().size()) {
      return fail(ErrorCode::kInvalidArgument,
                  "open the store: the database's tables have a format newer than " +
                      std::string(kFormat) + ", which is the newest that this kiln knows");
    }
    if (*format == migrations().size()) return {};
    if (auto done = migrate(session, *format, deadline); !done) {
      // Two servers that create a table at once: one of them meets an error of the catalogue.
      const bool raced = done.error().sqlstate.starts_with("23") ||
                         done.error().sqlstate.starts_with("42P0") ||
                         done.error().sqlstate.starts_with("40") ||
                         done.error().sqlstate == "42710" || done.error().sqlstate == "XX000";
      if (!raced || tries == kMaxTries) return std::unexpected(error_of(done.error()));
    }
  }
}

}  // namespace kiln::store::postgres
