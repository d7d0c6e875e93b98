// SPDX-License-Identifier: Apache-2.0
#pragma once
// SnapshotKeeper bounds the snapshots of the PostgreSQL engine: each holds a connection.
//
// Lifecycle of a snapshot: room is taken (waiting in line when there is none) -> a worker opens a
// transaction on a connection of its own -> reads, one after another -> released by its owner, its
// age or close(), whichever is first: then the connection goes back.
// Threads: the loop, except PinnedSession::mutex and what it guards.

#include "async/blocking_pool.h"
#include "async/clock.h"
#include "async/event.h"
#include "base/metrics.h"
#include "store/postgres/session_pool.h"
#include "store/store.h"

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <stop_token>
#include <vector>

namespace kiln::store::postgres {

// The connection of a snapshot; held by reads under way, too.
struct PinnedSession {
  std::mutex mutex;
  // Guarded by mutex. Null once released.
  std::unique_ptr<Session> session;
};

class SnapshotKeeper : public std::enable_shared_from_this<SnapshotKeeper> {
 public:
  static constexpr std::size_t kMaxWaiting = 1'000;
  static constexpr std::int64_t kMaxWaitMs = 5'000;

  SnapshotKeeper(std::size_t max_snapshots, BlockingPool& workers, SessionPool& sessions,
                 Clock& clock, Metrics& metrics);

  // Waits for room. kTimeout or kLimitExceeded when there is none; leave() gives it back.
  Task<Status> enter();
  void leave();
  // Takes over a snapshot of entered room. Ends it when the last owner lets go, or at its age.
  SnapshotPtr adopt(std::unique_ptr<Session> session);
  // nullptr when it is too old or not of this store.
  std::shared_ptr<PinnedSession> pin(const SnapshotPtr& at) const;
  // Ends the waits for room, now and from now on.
  void stop_waiting() { stopping_.request_stop(); }
  // Ends every snapshot. No read is under way.
  void close();

 private:
  class Handle;
  void release(Handle& handle);

  const std::size_t max_snapshots_;
  BlockingPool& workers_;
  SessionPool& sessions_;
  Clock& clock_;
  Counter& live_;
  std::size_t inside_ = 0;
  std::stop_source stopping_;
  std::deque<std::shared_ptr<OneShot<bool>>> waiting_;
  std::vector<Handle*> handles_;
};

}  // namespace kiln::store::postgres
