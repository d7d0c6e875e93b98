// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/writer.h"

#include "store/engine.h"

#include <map>
#include <optional>
#include <utility>

namespace kiln::store::postgres {
namespace {

constexpr int kMaxTries = 64;
constexpr std::size_t kVersionBytes = 16;
constexpr char kCompletionUnknown[] = "40003";

constexpr char kBegin[] = "BEGIN ISOLATION LEVEL SERIALIZABLE";
constexpr char kCommit[] = "COMMIT";
constexpr char kDoNotWaitForDisk[] = "SET LOCAL synchronous_commit TO off";
// No row: the key is there already and counts.
constexpr char kClaimIdempotencyKey[] =
    "INSERT INTO kiln_idempotency (key, expires_ms) VALUES ($1::bytea, $2::bigint) "
    "ON CONFLICT (key) DO UPDATE SET expires_ms = EXCLUDED.expires_ms "
    "WHERE kiln_idempotency.expires_ms <= $3::bigint RETURNING expires_ms";
constexpr char kReadVersions[] = "SELECT key, version FROM kiln_kv WHERE key = ANY($1::bytea[])";
constexpr char kPut[] =
    "INSERT INTO kiln_kv (key, value, version) "
    "SELECT k, v, $3::bytea FROM unnest($1::bytea[], $2::bytea[]) AS w(k, v) "
    "ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value, version = EXCLUDED.version";
constexpr char kErase[] = "DELETE FROM kiln_kv WHERE key = ANY($1::bytea[])";

}  // namespace

struct Writer::Plan {
  const Batch& batch;
  Version version;
  std::vector<Statement> opening;  // empty: nothing to ask before writing
  std::vector<Statement> closing;  // ends in COMMIT; empty: nothing to write
  std::vector<std::string_view> written;
};

struct Writer::Attempt {
  enum class End {
    kDone,       // `status` is the answer
    kNotDone,    // certainly not applied
    kUncertain,  // COMMIT was sent
  };
  End end;
  Status status;
  Failure failure;

  static Attempt done(Status status) { return {End::kDone, std::move(status), {}}; }
  static Attempt not_done(Failure failure) { return {End::kNotDone, {}, std::move(failure)}; }
  static Attempt uncertain(Failure failure) { return {End::kUncertain, {}, std::move(failure)}; }
};

Writer::Writer(SessionPool& sessions, ChangeLog& changes, Random& random, Metrics& metrics)
    : sessions_(sessions),
      changes_(changes),
      random_(random),
      commits_(metrics.counter("kiln_store_commits_total")),
      conflicts_(metrics.counter("kiln_store_conflicts_total")),
      retries_(metrics.counter("kiln_store_postgres_retries_total")),
      unknown_outcomes_(metrics.counter("kiln_store_unknown_outcomes_total")) {}

Writer::Plan Writer::make_plan(const Batch& batch, std::int64_t wall_ms) {
  Plan plan{.batch = batch, .version = random_.bytes(kVersionBytes)};
  const bool keyed = !batch.idempotency_key.empty();
  if (keyed || !batch.checks.empty()) plan.opening.push_back({kBegin, {}});
  if (keyed) {
    plan.opening.push_back(
        {kClaimIdempotencyKey,
         {bytes_parameter(batch.idempotency_key),
          number_parameter(wall_ms + kIdempotencyLifetimeMs), number_parameter(wall_ms)}});
  }
  if (!batch.checks.empty()) {
    std::vector<std::string_view> keys;
    for (const Check& check : batch.checks) keys.push_back(check.key);
    plan.opening.push_back({kReadVersions, {bytes_array_parameter(keys)}});
  }
  if (batch.writes.empty() && !keyed) return plan;

  // The last write of a key wins. In order of keys, so that writers seldom wait in a circle.
  std::map<std::string_view, const std::optional<std::string>*> last;
  for (const Write& write : batch.writes) last[write.key] = &write.value;
  std::vector<std::string_view> put_keys, put_values, erased;
  for (const auto& [key, value] : last) {
    plan.written.push_back(key);
    if (*value) {
      put_keys.push_back(key);
      put_values.push_back(**value);
    } else {
      erased.push_back(key);
    }
  }
  if (plan.opening.empty()) plan.closing.push_back({kBegin, {}});
  if (!put_keys.empty()) {
    plan.closing.push_back({kPut,
                            {bytes_array_parameter(put_keys), bytes_array_parameter(put_values),
                             bytes_parameter(plan.version)}});
  }
  if (!erased.empty()) plan.closing.push_back({kErase, {bytes_array_parameter(erased)}});
  if (!last.empty()) plan.closing.push_back(ChangeLog::entry(plan.version, plan.written));
  plan.closing.push_back({kCommit, {}});
  return plan;
}

// nullopt: all holds, go on to write.
std::optional<Writer::Attempt> Writer::answer_checks(Session& session, const Plan& plan,
                                                     Deadline deadline) {
  auto answers = session.run(plan.opening, deadline);
  if (!answers) {
    session.roll_back(deadline);
    return Attempt::not_done(std::move(answers.error()));
  }
  const auto end = [&](Status status) {
    session.roll_back(deadline);
    return Attempt::done(std::move(status));
  };
  const Batch& batch = plan.batch;
  if (!batch.idempotency_key.empty() && (*answers)[1].size() == 0) return end({});
  if (!batch.checks.empty()) {
    const Rows& rows = answers->back();
    std::map<std::string_view, std::string_view> versions;
    for (int row = 0; row < rows.size(); ++row) versions[rows.bytes(row, 0)] = rows.bytes(row, 1);
    for (const Check& check : batch.checks) {
      const auto found = versions.find(check.key);
      const bool holds = found == versions.end() ? !check.version
                                                 : check.version && *check.version == found->second;
      if (holds) continue;
      conflicts_.add();
      return end(fail(ErrorCode::kConflict, "store: a checked key has changed"));
    }
  }
  if (plan.closing.empty()) return end({});
  return std::nullopt;
}

Writer::Attempt Writer::attempt(Session& session, const Plan& plan, Deadline deadline) {
  if (!plan.opening.empty()) {
    if (auto ended = answer_checks(session, plan, deadline)) return *std::move(ended);
  }
  // A repeat can't ask for the disk afterwards, so what may be repeated waits for it at once.
  const bool buffered = plan.batch.durability == Durability::kBuffered &&
                        plan.batch.idempotency_key.empty() && session.can_buffer();
  std::vector<Statement> with_setting;
  if (buffered) {
    with_setting = plan.closing;
    with_setting.insert(with_setting.begin() + (plan.opening.empty() ? 1 : 0),
                        {kDoNotWaitForDisk, {}});
  }
  const std::vector<Statement>& closing = buffered ? with_setting : plan.closing;
  auto written = session.run(closing, deadline);
  if (written) {
    // A transaction that had failed answers COMMIT with "ROLLBACK".
    if (written->back().command_tag() == "COMMIT") return Attempt::done({});
    return Attempt::not_done({.sqlstate = "40001", .message = "the transaction was rolled back"});
  }
  const Failure& failure = written.error();
  const bool refused = failure.kind == Failure::Kind::kServer &&
                       failure.sqlstate != kCompletionUnknown &&
                       (!failure.fatal || failure.statement + 1 < closing.size());
  if (!refused) return Attempt::uncertain(failure);
  session.roll_back(deadline);
  return Attempt::not_done(failure);
}

Status Writer::finish(const Plan& plan, Status status) {
  if (status) {
    commits_.add();
    if (!plan.written.empty()) changes_.committed_here(plan.version, plan.written);
  } else if (status.error().code == ErrorCode::kUnknownOutcome) {
    unknown_outcomes_.add();
  }
  return status;
}

Status Writer::commit(const Batch& batch, std::int64_t wall_ms, Deadline deadline) {
  const Plan plan = make_plan(batch, wall_ms);
  if (plan.opening.empty() && plan.closing.empty()) return {};
  bool uncertain = false;
  for (int tries = 1;; ++tries) {
    Failure failure;
    auto session = sessions_.take(deadline);
    if (session) {
      Attempt attempt = this->attempt(**session, plan, deadline);
      sessions_.give(std::move(*session));
      if (attempt.end == Attempt::End::kDone) return finish(plan, std::move(attempt.status));
      if (attempt.end == Attempt::End::kUncertain) uncertain = true;
      failure = std::move(attempt.failure);
    } else {
      failure = std::move(session.error());
    }
    const bool repeatable = !uncertain || !batch.idempotency_key.empty();
    const bool away = failure.kind == Failure::Kind::kNoConnection;
    if (repeatable && !away && failure.transient() && tries < kMaxTries &&
        std::chrono::steady_clock::now() < deadline &&
        sessions_.pause_before_retry(tries, deadline)) {
      retries_.add();
      continue;
    }
    if (uncertain) {
      return finish(plan, fail(ErrorCode::kUnknownOutcome, "store: commit: " + failure.message));
    }
    const bool late = failure.kind == Failure::Kind::kTimeout || failure.transient();
    return fail(late && !away ? ErrorCode::kTimeout : ErrorCode::kIo,
                "store: commit: " + failure.message);
  }
}

}  // namespace kiln::store::postgres
