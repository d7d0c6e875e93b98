// SPDX-License-Identifier: Apache-2.0
#pragma once
// SessionPool keeps connections for reuse and makes new ones, with a growing pause after failures.
//
// Bound: whoever takes a session does so on one of the engine's threads or within its limit of
// snapshots, so these bound the connections; the pool keeps kMaxIdle of those given back.
// Threads: any.

#include "base/metrics.h"
#include "base/random.h"
#include "store/postgres/session.h"

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace kiln::store::postgres {

class SessionPool {
 public:
  static constexpr std::size_t kMaxIdle = 16;
  static constexpr std::int64_t kFirstPauseMs = 20;
  static constexpr std::int64_t kLastPauseMs = 2'000;

  // Waits at most `patience_ms` for a database that is away before it answers kNoConnection.
  SessionPool(std::string url, std::int64_t patience_ms, Random& random, Metrics& metrics);

  Outcome<std::unique_ptr<Session>> take(Deadline deadline);
  // Closes a broken session and, as they have most likely met the same end, the idle ones.
  void give(std::unique_ptr<Session> session);
  // A random pause before try number `tries` (from 1), at most until `deadline`. False when closed.
  bool pause_before_retry(int tries, Deadline deadline);
  // Ends all waits; idle sessions are closed, later ones when given back.
  void close();

 private:
  Outcome<std::unique_ptr<Session>> connect(Deadline deadline);

  const std::string url_;
  const std::int64_t patience_ms_;
  Random& random_;
  Counter& connections_;
  Counter& connects_;
  Counter& connect_failures_;

  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_.
  std::vector<std::unique_ptr<Session>> idle_;
  bool closed_ = false;
  std::int64_t pause_ms_ = 0;  // 0: the last connection was made
  Deadline next_try_{};
  Deadline away_since_{};
  Failure last_failure_;
};

}  // namespace kiln::store::postgres
