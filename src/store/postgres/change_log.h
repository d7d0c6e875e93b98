// SPDX-License-Identifier: Apache-2.0
#pragma once
// ChangeLog tells watches of commits: at once of those made here, by reading the table kiln_changes
// of those made by other servers.
//
// Each commit adds one row, stamped with the database's clock, in its own transaction. A poll reads
// the rows since shortly before the last poll; now and then it looks further back, for commits that
// took long to become visible. So a hint is late at most by the time between two such polls, never
// lost. Names of commits already told are remembered, within a bound.
// Cost: one query a poll, whatever the number of watches. More than kMaxRows at once, or an outage
// longer than the log is kept, wakes every watch instead.
// Threads: any; one poll at a time.

#include "base/metrics.h"
#include "store/engine.h"
#include "store/postgres/session_pool.h"

#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

namespace kiln::store::postgres {

class ChangeLog {
 public:
  static constexpr std::int64_t kOverlapMs = 1'000;
  static constexpr std::int64_t kLongOverlapMs = 20'000;
  static constexpr int kPollsPerLongOne = 20;
  static constexpr std::int64_t kKeptMs = 10 * 60 * 1'000;
  static constexpr int kMaxRows = 4'000;
  static constexpr std::size_t kMaxTold = 100'000;

  ChangeLog(SessionPool& sessions, WatchHub& hub, Metrics& metrics);

  // The statement that logs a commit, for its transaction.
  static Statement entry(const Version& id, const std::vector<std::string_view>& keys);
  // After a commit of this process has succeeded.
  void committed_here(const Version& id, const std::vector<std::string_view>& keys);
  // Reads what is new and wakes the watches of it. False when the database did not answer.
  bool poll(Deadline deadline);
  // Deletes old rows here and expired idempotency keys, a bounded number.
  void trim(std::int64_t wall_ms, Deadline deadline);

 private:
  bool remember(std::string id);  // false: already told
  Outcome<std::int64_t> read_new(Session& session, bool first, Deadline deadline);
  void tell(const Rows& rows);

  SessionPool& sessions_;
  WatchHub& hub_;
  Counter& polls_;
  Counter& woke_all_;

  // Of the poll.
  std::int64_t read_until_ms_ = 0;  // the database's clock; 0: nothing read yet
  int polls_until_long_ = 0;

  std::mutex mutex_;
  // Guarded by mutex_.
  std::unordered_set<std::string> told_;
  std::deque<std::string> told_order_;
};

}  // namespace kiln::store::postgres
