// SPDX-License-Identifier: Apache-2.0
#pragma once
// Committer is the one thread that writes to RocksDB: it checks and applies all waiting batches as
// one group, with one sync when any of them asks for the disk.
//
// Order: batches apply in the order of submit(); a check sees the earlier batches of its group.
// Bound: kMaxQueuedBatches and kMaxQueuedBytes; past them submit() refuses and
// kiln_store_commits_rejected_total moves.
// Failure: a write error makes the group's outcome unknown; the next group first tries to recover
// and answers kIo, with nothing written, while it cannot.

#include "async/event.h"
#include "async/executor.h"
#include "base/metrics.h"
#include "store/engine.h"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

namespace rocksdb {
class DB;
class WriteBatch;
}  // namespace rocksdb

namespace kiln::store {

// Shared by the coroutine that waits for it and the committer: either may give up first.
struct CommitRequest {
  enum class State : std::uint8_t { kQueued, kTaken, kWithdrawn };

  Batch batch;
  std::int64_t wall_ms = 0;  // time of the call, for the idempotency key
  std::size_t bytes = 0;
  Status result;         // the committer's until `done` is set
  OneShot<Status> done;  // home's
  std::atomic<State> state{State::kQueued};

  // True when the committer has not begun with it and now never will.
  bool withdraw() { return leave_queue(State::kWithdrawn); }
  bool take() { return leave_queue(State::kTaken); }

 private:
  bool leave_queue(State to) {
    State queued = State::kQueued;
    return state.compare_exchange_strong(queued, to);
  }
};
using CommitRequestPtr = std::shared_ptr<CommitRequest>;

class Committer {
 public:
  static constexpr std::size_t kMaxQueuedBatches = 8'192;
  static constexpr std::size_t kMaxQueuedBytes = 64 * 1024 * 1024;
  static constexpr std::size_t kMaxGroupBytes = 4 * 1024 * 1024;

  // `next_commit` is larger than every commit number in `db`. All references outlive *this.
  Committer(rocksdb::DB& db, Executor& home, WatchHub& hub, std::uint64_t next_commit,
            Metrics& metrics);
  ~Committer();  // commits what is queued, then ends the thread

  // Takes the request; its `done` is set by a post to `home`. False when the queue is full.
  bool submit(CommitRequestPtr request);

 private:
  struct Group;
  void run();
  std::vector<CommitRequestPtr> take_group();
  void commit_group(std::vector<CommitRequestPtr> requests);
  void add_to_group(Group& group, CommitRequest& request);
  Result<bool> is_repeat(const Group& group, const CommitRequest& request);
  Status check(const Group& group, const Check& check);
  void write_group(Group& group);
  void complete(std::vector<CommitRequestPtr> requests);

  rocksdb::DB& db_;
  Executor& home_;
  WatchHub& hub_;
  Counter& commits_;
  Counter& groups_;
  Counter& syncs_;
  Counter& conflicts_;
  Counter& rejected_;
  Counter& write_errors_;

  // The committer thread's own.
  std::uint64_t next_commit_;
  bool broken_ = false;  // the last write failed

  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_.
  std::deque<CommitRequestPtr> queue_;
  std::size_t queued_bytes_ = 0;
  bool stopping_ = false;

  std::thread thread_;  // last: starts when all else is there
};

}  // namespace kiln::store
