// SPDX-License-Identifier: Apache-2.0
#pragma once
// QueueState is what this process remembers of one queue. All of it is an optimisation: forgetting
// it costs a scan from the queue's beginning, nothing else.
//
// - `bound`: no due entry is below it, as far as this process knows. Scans begin there, so they do
//   not cross what was erased. It never rises above an unfinished send, and with other nodes on the
//   store not above now - kClockSkewMs. Every kFullScanMs a scan begins at zero all the same.
// - `candidates`: due entries found by the last scan and not tried yet; `taken`: those whose claim
//   is being committed, so that claims of one process do not meet.
// - `idle_until`: no visible entry besides the candidates before this time.
// Threads: one loop.

#include "async/clock.h"
#include "async/event.h"
#include "async/executor.h"
#include "async/gate.h"
#include "queue/records.h"
#include "store/store.h"

#include <cstdint>
#include <deque>
#include <limits>
#include <list>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace kiln::queue {

inline constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
inline constexpr std::int64_t kClockSkewMs = 5'000;
inline constexpr std::int64_t kFullScanMs = 60'000;
// How long a queue counts as contended after a conflict: claims then try entries at random.
inline constexpr std::int64_t kContendedMs = 5'000;

class QueueState : public std::enable_shared_from_this<QueueState> {
 public:
  QueueState(QueueId id, Executor& home) : id(std::move(id)), home_(home) {}

  // Where a scan at `now` begins. Resets what arrives while it runs.
  std::int64_t begin_scan(std::int64_t now, bool other_nodes);
  // Takes what the scan found: entries with due up to `now` become candidates. `complete`: the scan
  // reached the end of the queue.
  void end_scan(std::vector<IndexKey> found, bool complete, std::int64_t now, bool other_nodes);

  std::vector<IndexKey> take(std::size_t max);
  void put_back(const std::vector<IndexKey>& names);
  std::size_t taken() const { return taken_.size(); }

  // Announces an entry at `due` before its commit; the returned object is let go after it.
  std::shared_ptr<void> announce(std::int64_t due);
  // Instead of end_scan, after a scan that failed.
  void drop_scan();
  // Visible entries may be left that the candidates don't hold: the next claim scans.
  void look_again();
  // Something changed in the store, nobody knows what: looks again, and wakes.
  void hint();
  // Wakes one waiting claim, which wakes the next when there is more.
  void wake_one();
  bool has_work(std::int64_t now) const { return !candidates.empty() || idle_until <= now; }

  const QueueId id;
  std::deque<IndexKey> candidates;
  std::int64_t idle_until = 0;
  std::int64_t contended_until = 0;
  std::list<std::shared_ptr<OneShot<bool>>> waiters;
  Gate scanning;
  std::unique_ptr<store::Watch> watch;
  // The last count of a long queue.
  Counts counted;
  std::int64_t counted_at = 0;  // 0: never
  bool counting = false;

 private:
  struct Announced;
  void settle(std::int64_t due);
  void settle_put_back();
  Executor& home_;
  std::int64_t bound_ = 0;
  std::int64_t full_scan_at_ = -kFullScanMs;
  std::multiset<std::int64_t> announced_;
  std::set<std::pair<keys::Kind, std::string>> taken_;
  // Since the running scan began:
  std::int64_t lowest_ = kNever;  // due entries of this process that the scan may have missed
  bool look_again_ = false;
  std::vector<std::pair<keys::Kind, std::string>> put_back_;
};

}  // namespace kiln::queue
