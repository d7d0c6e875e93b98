// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/postgres_store.h"

#include "async/blocking_pool.h"
#include "async/gate.h"
#include "store/engine.h"
#include "store/postgres/change_log.h"
#include "store/postgres/schema.h"
#include "store/postgres/session_pool.h"
#include "store/postgres/snapshots.h"
#include "store/postgres/writer.h"

#include <algorithm>
#include <libpq-fe.h>
#include <optional>
#include <utility>

namespace kiln::store {
namespace {

using postgres::Deadline;
using postgres::deadline_in_ms;
using postgres::Failure;
using postgres::Outcome;
using postgres::Rows;
using postgres::Session;
using postgres::Statement;

constexpr std::size_t kMaxRequests = 4'096;
constexpr std::size_t kMaxQueuedBytes = 64 * 1024 * 1024;
constexpr std::size_t kMaxJobs = 2 * kMaxRequests;  // requests, and the engine's own
constexpr int kMaxReadTries = 16;
constexpr std::int64_t kOpenMs = 10'000;
constexpr std::int64_t kPollMs = 3'000;
constexpr std::int64_t kTrimEveryMs = 60'000;

constexpr char kBeginReadOnly[] = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
// A transaction's moment is that of its first read.
constexpr char kFixMoment[] = "SELECT value FROM kiln_meta WHERE name = 'format'";

Error read_error(const Failure& failure) {
  const bool late = failure.kind == Failure::Kind::kTimeout;
  return {late ? ErrorCode::kTimeout : ErrorCode::kIo, "store: read: " + failure.message};
}

Statement read_statement(const std::string& key) {
  return {"SELECT key, value, version FROM kiln_kv WHERE key = $1::bytea",
          {postgres::bytes_parameter(key)}};
}

Statement scan_statement(const Range& range) {
  Statement out{"SELECT key, value, version FROM kiln_kv WHERE key >= $1::bytea",
                {postgres::bytes_parameter(range.begin),
                 postgres::number_parameter(static_cast<std::int64_t>(range.limit))}};
  if (!range.end.empty()) {
    out.sql += " AND key < $3::bytea";
    out.parameters.push_back(postgres::bytes_parameter(range.end));
  }
  out.sql +=
      range.reverse ? " ORDER BY key DESC LIMIT $2::bigint" : " ORDER BY key LIMIT $2::bigint";
  return out;
}

std::vector<Entry> entries_of(const Rows& rows) {
  std::vector<Entry> out;
  out.reserve(static_cast<std::size_t>(rows.size()));
  for (int row = 0; row < rows.size(); ++row) {
    out.push_back({.key = std::string(rows.bytes(row, 0)),
                   .value = std::string(rows.bytes(row, 1)),
                   .version = std::string(rows.bytes(row, 2))});
  }
  return out;
}

class PostgresStore final : public Store {
 public:
  PostgresStore(PostgresOptions options, Executor& home, Clock& clock, Random& random,
                Metrics& metrics)
      : options_(std::move(options)),
        home_(home),
        clock_(clock),
        random_(random),
        rejected_(metrics.counter("kiln_store_commits_rejected_total")),
        sessions_(options_.url, options_.patience_ms, random, metrics),
        changes_(sessions_, hub_, metrics),
        writer_(sessions_, changes_, random, metrics),
        workers_(std::in_place, options_.threads, kMaxJobs, metrics),
        snapshots_(std::make_shared<postgres::SnapshotKeeper>(options_.max_snapshots, *workers_,
                                                              sessions_, clock, metrics)) {}
  ~PostgresStore() override { shut_down(); }

  Status prepare();
  Task<Result<SnapshotPtr>> snapshot() override;
  Task<Result<std::optional<Entry>>> read(std::string key, SnapshotPtr at) override;
  Task<Result<std::vector<Entry>>> scan(Range range, SnapshotPtr at) override;
  Task<Status> commit(Batch batch) override;
  std::unique_ptr<Watch> watch(std::string prefix, Executor& home,
                               std::function<void()> changed) override {
    return hub_.add(std::move(prefix), home, std::move(changed));
  }
  Task<Status> close() override;

 private:
  static std::unexpected<Error> closed_error() { return fail(ErrorCode::kClosed, "store: closed"); }
  static std::unexpected<Error> old_error() {
    return fail(ErrorCode::kTimeout, "store: the snapshot is too old");
  }
  Task<Result<std::vector<Entry>>> query(Statement statement, SnapshotPtr at);
  Result<std::vector<Entry>> query_now(const Statement& statement, Deadline deadline);
  static Result<std::vector<Entry>> query_pinned(postgres::PinnedSession& pinned,
                                                 const Statement& statement, Deadline deadline);
  Result<std::unique_ptr<Session>> open_snapshot(Deadline deadline);
  void schedule_poll(std::int64_t after_ms);
  void poll();
  void shut_down();
  Deadline deadline() const { return deadline_in_ms(options_.deadline_ms); }

  const PostgresOptions options_;
  Executor& home_;
  Clock& clock_;
  Random& random_;
  Counter& rejected_;
  WatchHub hub_;
  postgres::SessionPool sessions_;
  postgres::ChangeLog changes_;
  postgres::Writer writer_;
  Gate gate_;  // requests under way
  std::size_t queued_bytes_ = 0;
  Monotonic next_trim_{};
  Clock::TimerId poll_timer_ = 0;
  // What a posted callback looks at first: the store may be gone.
  std::shared_ptr<PostgresStore*> self_ = std::make_shared<PostgresStore*>(this);
  std::optional<BlockingPool> workers_;  // empty once closed
  std::shared_ptr<postgres::SnapshotKeeper> snapshots_;
};

Status PostgresStore::prepare() {
  const Deadline deadline = deadline_in_ms(kOpenMs);
  auto session = sessions_.take(deadline);
  if (!session) {
    return fail(ErrorCode::kIo, "connect to PostgreSQL: " + session.error().message);
  }
  Status prepared = postgres::prepare_schema(**session, deadline);
  sessions_.give(std::move(*session));
  if (prepared) {
    next_trim_ = clock_.monotonic().plus_ms(kTrimEveryMs);
    schedule_poll(options_.poll_ms);
  }
  return prepared;
}

Result<std::unique_ptr<Session>> PostgresStore::open_snapshot(Deadline deadline) {
  for (int tries = 1;; ++tries) {
    auto session = sessions_.take(deadline);
    if (!session) return std::unexpected(read_error(session.error()));
    const auto begun = (*session)->run({{kBeginReadOnly, {}}, {kFixMoment, {}}}, deadline);
    if (begun) return std::move(*session);
    (*session)->roll_back(deadline);
    sessions_.give(std::move(*session));
    if (!begun.error().transient() || tries == kMaxReadTries ||
        !sessions_.pause_before_retry(tries, deadline)) {
      return std::unexpected(read_error(begun.error()));
    }
  }
}

Task<Result<SnapshotPtr>> PostgresStore::snapshot() {
  if (!workers_) co_return closed_error();
  const auto pass = gate_.enter();
  const auto keeper = snapshots_;
  auto entering = keeper->enter();
  KILN_CO_TRY_VOID(co_await entering);
  if (!workers_) {
    keeper->leave();
    co_return closed_error();
  }
  auto job = [this, until = deadline()] { return open_snapshot(until); };
  auto opening = workers_->run(home_, std::move(job));
  auto session = co_await opening;
  if (!session) {
    keeper->leave();
    co_return std::unexpected(std::move(session.error()));
  }
  co_return keeper->adopt(std::move(*session));
}

Result<std::vector<Entry>> PostgresStore::query_now(const Statement& statement, Deadline deadline) {
  for (int tries = 1;; ++tries) {
    auto session = sessions_.take(deadline);
    if (!session) return std::unexpected(read_error(session.error()));
    auto rows = (*session)->run_one(statement, deadline);
    sessions_.give(std::move(*session));
    if (rows) return entries_of(*rows);
    if (!rows.error().transient() || tries == kMaxReadTries ||
        !sessions_.pause_before_retry(tries, deadline)) {
      return std::unexpected(read_error(rows.error()));
    }
  }
}

Result<std::vector<Entry>> PostgresStore::query_pinned(postgres::PinnedSession& pinned,
                                                       const Statement& statement,
                                                       Deadline deadline) {
  const std::lock_guard lock(pinned.mutex);
  if (!pinned.session) return old_error();
  auto rows = pinned.session->run_one(statement, deadline);
  if (rows) return entries_of(*rows);
  // The moment is gone with its connection: the reader takes a new snapshot, as after its age.
  if (rows.error().transient()) {
    return fail(ErrorCode::kTimeout, "store: the snapshot was lost: " + rows.error().message);
  }
  return std::unexpected(read_error(rows.error()));
}

Task<Result<std::vector<Entry>>> PostgresStore::query(Statement statement, SnapshotPtr at) {
  if (!workers_) co_return closed_error();
  const auto pass = gate_.enter();
  if (gate_.inside() > kMaxRequests) {
    co_return fail(ErrorCode::kLimitExceeded, "store: too many requests are waiting");
  }
  if (!at) {
    auto job = [this, statement = std::move(statement), until = deadline()] {
      return query_now(statement, until);
    };
    auto task = workers_->run(home_, std::move(job));
    co_return co_await task;
  }
  auto pinned = snapshots_->pin(at);
  if (!pinned) co_return old_error();
  auto job = [pinned = std::move(pinned), statement = std::move(statement), until = deadline()] {
    return query_pinned(*pinned, statement, until);
  };
  auto task = workers_->run(home_, std::move(job));
  co_return co_await task;
}

Task<Result<std::optional<Entry>>> PostgresStore::read(std::string key, SnapshotPtr at) {
  auto querying = query(read_statement(key), std::move(at));
  KILN_CO_TRY(std::vector<Entry> found, co_await querying);
  if (found.empty()) co_return std::optional<Entry>{};
  co_return std::move(found.front());
}

Task<Result<std::vector<Entry>>> PostgresStore::scan(Range range, SnapshotPtr at) {
  range.limit = std::min(range.limit, kMaxScanEntries);
  const bool nothing = range.limit == 0 || (!range.end.empty() && range.end <= range.begin);
  if (nothing && workers_) co_return std::vector<Entry>{};
  auto querying = query(scan_statement(range), std::move(at));
  co_return co_await querying;
}

Task<Status> PostgresStore::commit(Batch batch) {
  if (!workers_) co_return closed_error();
  KILN_CO_TRY_VOID(validate(batch));
  const auto pass = gate_.enter();
  const std::size_t bytes = batch_bytes(batch);
  if (gate_.inside() > kMaxRequests || queued_bytes_ + bytes > kMaxQueuedBytes) {
    rejected_.add();
    co_return fail(ErrorCode::kLimitExceeded, "store: too many commits are waiting");
  }
  queued_bytes_ += bytes;
  auto job = [this, batch = std::move(batch), wall_ms = clock_.wall().ms, until = deadline()] {
    return writer_.commit(batch, wall_ms, until);
  };
  auto task = workers_->run(home_, std::move(job));
  Status status = co_await task;
  queued_bytes_ -= bytes;
  co_return status;
}

void PostgresStore::schedule_poll(std::int64_t after_ms) {
  // Spread, so that the servers of a database don't poll in step.
  const auto spread = static_cast<std::uint64_t>(after_ms) / 5 + 1;
  const auto pause = after_ms - static_cast<std::int64_t>(random_.next_u64() % spread);
  poll_timer_ = clock_.schedule(clock_.monotonic().plus_ms(pause), [this] { poll(); });
}

void PostgresStore::poll() {
  poll_timer_ = 0;
  const bool trim = clock_.monotonic() >= next_trim_;
  if (trim) next_trim_ = clock_.monotonic().plus_ms(kTrimEveryMs);
  if (!trim && !hub_.watched()) return schedule_poll(options_.poll_ms);
  auto job = [this, trim, wall_ms = clock_.wall().ms, weak = std::weak_ptr(self_)] {
    const bool answered = !hub_.watched() || changes_.poll(deadline_in_ms(kPollMs));
    if (trim && answered) changes_.trim(wall_ms, deadline_in_ms(kPollMs));
    home_.post([weak, answered] {
      if (const auto self = weak.lock()) {
        PostgresStore& store = **self;
        store.schedule_poll(answered ? store.options_.poll_ms : 4 * store.options_.poll_ms);
      }
    });
  };
  if (!workers_->submit(std::move(job))) schedule_poll(options_.poll_ms);
}

Task<Status> PostgresStore::close() {
  if (!workers_) co_return Status{};
  snapshots_->stop_waiting();
  auto closed = gate_.closed();
  co_await closed;
  shut_down();
  co_return Status{};
}

void PostgresStore::shut_down() {
  if (!workers_) return;
  self_.reset();
  if (poll_timer_ != 0) clock_.cancel(poll_timer_);
  snapshots_->close();
  sessions_.close();
  workers_.reset();  // runs what is queued; its waits have ended
  snapshots_.reset();
}

}  // namespace

bool is_postgres_url(std::string_view text) {
  return text.starts_with("postgres://") || text.starts_with("postgresql://");
}

Result<std::string> describe_postgres_url(const std::string& url) {
  PQconninfoOption* options = PQconninfoParse(url.c_str(), nullptr);
  const auto value = [options](std::string_view name) -> std::string {
    for (auto* option = options; option != nullptr && option->keyword != nullptr; ++option) {
      if (name == option->keyword && option->val != nullptr) return option->val;
    }
    return "";
  };
  const std::string host = value("host"), port = value("port"), database = value("dbname");
  const bool parsed = options != nullptr;
  PQconninfoFree(options);
  std::string name = host;
  if (!port.empty()) name += ":" + port;
  name += "/" + database;
  // A password with a bare '@' or '/' spills into the other parts.
  const bool spilled = name.find('@') != std::string::npos ||
                       port.find_first_not_of("0123456789,") != std::string::npos;
  if (!is_postgres_url(url) || !parsed || spilled) {
    return fail(ErrorCode::kInvalidArgument,
                "the address of the store is not a postgres://user@host/database that can be "
                "read; special characters of a password are written as %40 and so on");
  }
  return "postgres://" + name;
}

Result<std::unique_ptr<Store>> open_postgres_store(PostgresOptions options, Executor& home,
                                                   Clock& clock, Random& random, Metrics& metrics) {
  KILN_TRY(const std::string name, describe_postgres_url(options.url));
  auto store = std::make_unique<PostgresStore>(std::move(options), home, clock, random, metrics);
  if (auto prepared = store->prepare(); !prepared) {
    return std::unexpected(std::move(prepared.error()).context("open " + name));
  }
  return store;
}

}  // namespace kiln::store
