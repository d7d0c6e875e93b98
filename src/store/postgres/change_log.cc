// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/change_log.h"

#include <algorithm>

namespace kiln::store::postgres {
namespace {

// Keys of a commit beyond this are logged as "anything": an empty list.
constexpr std::size_t kMaxKeysBytes = 8 * 1024;
constexpr int kTrimRows = 5'000;

constexpr char kNow[] = "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)";
constexpr char kAppend[] =
    "INSERT INTO kiln_changes (at_ms, id, keys) VALUES "
    "(CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT), $1::bytea, $2::bytea)";
constexpr char kRead[] =
    "SELECT id, keys FROM kiln_changes WHERE at_ms >= $1::bigint ORDER BY at_ms LIMIT $2::bigint";
constexpr char kTrimChanges[] =
    "DELETE FROM kiln_changes WHERE (at_ms, id) IN (SELECT at_ms, id FROM kiln_changes "
    "WHERE at_ms < CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT) - $1::bigint "
    "ORDER BY at_ms LIMIT $2::bigint)";
constexpr char kTrimIdempotency[] =
    "DELETE FROM kiln_idempotency WHERE key IN (SELECT key FROM kiln_idempotency "
    "WHERE expires_ms <= $1::bigint ORDER BY expires_ms LIMIT $2::bigint)";

void append_key(std::string& out, std::string_view key) {  // kMaxKeyBytes fits two bytes
  out += static_cast<char>(key.size() >> 8);
  out += static_cast<char>(key.size() & 0xFF);
  out += key;
}

// False when `bytes` says "anything" or can't be read.
bool take_keys(std::string_view bytes, std::vector<std::string_view>& out) {
  if (bytes.empty()) return false;
  while (bytes.size() >= 2) {
    const std::size_t size =
        static_cast<unsigned char>(bytes[0]) << 8 | static_cast<unsigned char>(bytes[1]);
    if (bytes.size() < 2 + size) return false;
    out.push_back(bytes.substr(2, size));
    bytes.remove_prefix(2 + size);
  }
  return bytes.empty();
}

}  // namespace

ChangeLog::ChangeLog(SessionPool& sessions, WatchHub& hub, Metrics& metrics)
    : sessions_(sessions),
      hub_(hub),
      polls_(metrics.counter("kiln_store_postgres_polls_total")),
      woke_all_(metrics.counter("kiln_store_postgres_all_watches_woken_total")) {}

Statement ChangeLog::entry(const Version& id, const std::vector<std::string_view>& keys) {
  std::string bytes;
  for (const std::string_view key : keys) {
    append_key(bytes, key);
    if (bytes.size() > kMaxKeysBytes) {
      bytes.clear();
      break;
    }
  }
  return {kAppend, {bytes_parameter(id), bytes_parameter(std::move(bytes))}};
}

bool ChangeLog::remember(std::string id) {
  const std::lock_guard lock(mutex_);
  if (!told_.insert(id).second) return false;
  told_order_.push_back(std::move(id));
  if (told_order_.size() > kMaxTold) {
    told_.erase(told_order_.front());
    told_order_.pop_front();
  }
  return true;
}

void ChangeLog::committed_here(const Version& id, const std::vector<std::string_view>& keys) {
  if (!hub_.watched()) return;
  if (remember(id)) hub_.notify(keys);
}

void ChangeLog::tell(const Rows& rows) {
  if (rows.size() > kMaxRows) {
    woke_all_.add();
    hub_.notify_all();
    return;
  }
  std::vector<std::string_view> keys;
  bool anything = false;
  for (int row = 0; row < rows.size(); ++row) {
    if (!remember(std::string(rows.bytes(row, 0)))) continue;
    if (!take_keys(rows.bytes(row, 1), keys)) anything = true;
  }
  if (anything) {
    woke_all_.add();
    hub_.notify_all();
  } else if (!keys.empty()) {
    hub_.notify(keys);
  }
}

bool ChangeLog::poll(Deadline deadline) {
  auto session = sessions_.take(deadline);
  if (!session) return false;
  polls_.add();
  const bool first = read_until_ms_ == 0;
  auto now = read_new(**session, first, deadline);
  sessions_.give(std::move(*session));
  if (!now) return false;
  if (!first && *now - read_until_ms_ > kKeptMs - kLongOverlapMs) {
    woke_all_.add();
    hub_.notify_all();
  }
  read_until_ms_ = *now;
  return true;
}

// Answers the database's time before the read.
Outcome<std::int64_t> ChangeLog::read_new(Session& session, bool first, Deadline deadline) {
  if (first) {  // watches made before this moment are older than their first poll
    auto now = session.run_one({kNow, {}}, deadline);
    if (!now) return std::unexpected(std::move(now.error()));
    read_until_ms_ = now->number(0, 0);
  }
  const bool far = first || polls_until_long_ <= 0;
  const std::int64_t from = read_until_ms_ - (far ? kLongOverlapMs : kOverlapMs);
  auto answers = session.run(
      {{kNow, {}}, {kRead, {number_parameter(from), number_parameter(kMaxRows + 1)}}}, deadline);
  if (!answers) return std::unexpected(std::move(answers.error()));
  polls_until_long_ = far ? kPollsPerLongOne : polls_until_long_ - 1;
  tell((*answers)[1]);
  return (*answers)[0].number(0, 0);
}

void ChangeLog::trim(std::int64_t wall_ms, Deadline deadline) {
  auto session = sessions_.take(deadline);
  if (!session) return;
  // In turn, each by itself: a conflict with another server's trim only postpones it.
  (void)(*session)->run_one(
      {kTrimChanges, {number_parameter(kKeptMs), number_parameter(kTrimRows)}}, deadline);
  (void)(*session)->run_one(
      {kTrimIdempotency, {number_parameter(wall_ms), number_parameter(kTrimRows)}}, deadline);
  sessions_.give(std::move(*session));
}

}  // namespace kiln::store::postgres
