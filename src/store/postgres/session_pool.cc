// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/session_pool.h"

#include "base/log.h"

#include <algorithm>
#include <utility>

namespace kiln::store::postgres {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::int64_t kConnectMs = 5'000;
constexpr std::int64_t kFirstRetryMs = 1;
constexpr std::int64_t kLastRetryMs = 128;

}  // namespace

SessionPool::SessionPool(std::string url, std::int64_t patience_ms, Random& random,
                         Metrics& metrics)
    : url_(std::move(url)),
      patience_ms_(patience_ms),
      random_(random),
      connections_(metrics.counter("kiln_store_postgres_connections")),
      connects_(metrics.counter("kiln_store_postgres_connects_total")),
      connect_failures_(metrics.counter("kiln_store_postgres_connect_failures_total")) {}

Outcome<std::unique_ptr<Session>> SessionPool::take(Deadline deadline) {
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      if (closed_) {
        return std::unexpected(
            Failure{.kind = Failure::Kind::kTimeout, .message = "the store closes"});
      }
      if (!idle_.empty()) {
        auto out = std::move(idle_.back());
        idle_.pop_back();
        return out;
      }
      if (pause_ms_ > 0 && steady_clock::now() < next_try_) {
        const Deadline until = std::min(deadline, away_since_ + milliseconds(patience_ms_));
        if (next_try_ > until) return std::unexpected(last_failure_);
        changed_.wait_until(lock, next_try_, [this] { return closed_ || !idle_.empty(); });
        continue;
      }
    }
    auto made = connect(std::min(deadline, deadline_in_ms(kConnectMs)));
    if (made) return made;
  }
}

Outcome<std::unique_ptr<Session>> SessionPool::connect(Deadline deadline) {
  auto made = Session::connect(url_, deadline);
  const std::lock_guard lock(mutex_);
  if (made) {
    if (pause_ms_ > 0) log::info("store", "PostgreSQL answers again");
    pause_ms_ = 0;
    connects_.add();
    connections_.add();
    return made;
  }
  connect_failures_.add();
  const auto now = steady_clock::now();
  if (pause_ms_ == 0) {
    log::warn("store", "no connection to PostgreSQL: " + made.error().message);
    away_since_ = now;
    pause_ms_ = kFirstPauseMs;
  } else {
    pause_ms_ = std::min(pause_ms_ * 2, kLastPauseMs);
  }
  const auto spread = static_cast<std::uint64_t>(pause_ms_) / 2 + 1;
  next_try_ =
      now + milliseconds(pause_ms_ / 2 + static_cast<std::int64_t>(random_.next_u64() % spread));
  last_failure_ = made.error();
  return made;
}

void SessionPool::give(std::unique_ptr<Session> session) {
  std::vector<std::unique_ptr<Session>> ended;  // closed without the lock
  {
    const std::lock_guard lock(mutex_);
    if (session->broken()) {
      ended = std::exchange(idle_, {});
      ended.push_back(std::move(session));
    } else if (closed_ || idle_.size() >= kMaxIdle) {
      ended.push_back(std::move(session));
    } else {
      idle_.push_back(std::move(session));
    }
    connections_.add(-static_cast<std::int64_t>(ended.size()));
  }
  changed_.notify_one();
}

bool SessionPool::pause_before_retry(int tries, Deadline deadline) {
  const std::int64_t longest = std::min(kFirstRetryMs << std::min(tries, 10), kLastRetryMs);
  const auto pause = milliseconds(
      1 + static_cast<std::int64_t>(random_.next_u64() % static_cast<std::uint64_t>(longest)));
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, std::min(deadline, steady_clock::now() + pause),
                      [this] { return closed_; });
  return !closed_;
}

void SessionPool::close() {
  std::vector<std::unique_ptr<Session>> ended;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    ended = std::exchange(idle_, {});
    connections_.add(-static_cast<std::int64_t>(ended.size()));
  }
  changed_.notify_all();
}

}  // namespace kiln::store::postgres
