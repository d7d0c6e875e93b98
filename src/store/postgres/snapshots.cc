// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/snapshots.h"

#include <algorithm>
#include <utility>

namespace kiln::store::postgres {
namespace {
constexpr std::int64_t kRollbackMs = 2'000;
}

class SnapshotKeeper::Handle final : public Snapshot {
 public:
  Handle(std::weak_ptr<SnapshotKeeper> owner, Clock& clock)
      : keeper(std::move(owner)), expires(clock.monotonic().plus_ms(kSnapshotLifetimeMs)) {}
  ~Handle() override {
    if (const auto live = keeper.lock()) live->release(*this);
  }

  std::weak_ptr<SnapshotKeeper> keeper;
  Monotonic expires;
  Clock::TimerId timer = 0;
  std::shared_ptr<PinnedSession> pinned;  // null once released
};

SnapshotKeeper::SnapshotKeeper(std::size_t max_snapshots, BlockingPool& workers,
                               SessionPool& sessions, Clock& clock, Metrics& metrics)
    : max_snapshots_(max_snapshots),
      workers_(workers),
      sessions_(sessions),
      clock_(clock),
      live_(metrics.counter("kiln_store_postgres_snapshots")) {}

Task<Status> SnapshotKeeper::enter() {
  if (inside_ >= max_snapshots_) {
    if (waiting_.size() >= kMaxWaiting) {
      co_return fail(ErrorCode::kLimitExceeded, "store: too many snapshots are waited for");
    }
    const auto turn = std::make_shared<OneShot<bool>>();
    waiting_.push_back(turn);
    auto wait = turn->wait(clock_, clock_.monotonic().plus_ms(kMaxWaitMs), stopping_.get_token());
    const Result<bool> mine = co_await wait;
    if (!mine) {
      std::erase(waiting_, turn);
      co_return fail(mine.error().code, "store: no room for a snapshot in time");
    }
    co_return Status{};  // who left handed its room over
  }
  live_.set(static_cast<std::int64_t>(++inside_));
  co_return Status{};
}

void SnapshotKeeper::leave() {
  if (!waiting_.empty()) {
    const auto next = std::move(waiting_.front());
    waiting_.pop_front();
    next->set(true);
    return;
  }
  live_.set(static_cast<std::int64_t>(--inside_));
}

SnapshotPtr SnapshotKeeper::adopt(std::unique_ptr<Session> session) {
  auto out = std::make_shared<Handle>(weak_from_this(), clock_);
  out->pinned = std::make_shared<PinnedSession>();
  out->pinned->session = std::move(session);
  Handle* handle = out.get();
  handles_.push_back(handle);
  // A transaction left open keeps the database from cleaning up.
  out->timer = clock_.schedule({out->expires.ns + 1}, [this, handle] {
    handle->timer = 0;
    release(*handle);
  });
  return out;
}

std::shared_ptr<PinnedSession> SnapshotKeeper::pin(const SnapshotPtr& at) const {
  const auto& handle = static_cast<const Handle&>(*at);
  return clock_.monotonic() > handle.expires ? nullptr : handle.pinned;
}

void SnapshotKeeper::release(Handle& handle) {
  if (!handle.pinned) return;
  std::erase(handles_, &handle);
  if (handle.timer != 0) clock_.cancel(handle.timer);
  // On a worker, as a read may be under way. Should the queue be full, the connection is closed.
  workers_.submit([pinned = std::move(handle.pinned), &sessions = sessions_] {
    std::unique_ptr<Session> session;
    {
      const std::lock_guard lock(pinned->mutex);
      session = std::move(pinned->session);
    }
    if (!session) return;
    session->roll_back(deadline_in_ms(kRollbackMs));
    sessions.give(std::move(session));
  });
  handle.pinned = nullptr;
  leave();
}

void SnapshotKeeper::close() {
  stop_waiting();
  while (!handles_.empty()) release(*handles_.back());
}

}  // namespace kiln::store::postgres
