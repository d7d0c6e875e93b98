// SPDX-License-Identifier: Apache-2.0
#pragma once
// SnapshotStore keeps the snapshots of published versions (SnapStart) in memory, and why others
// have none.
//
// Bounds: `budget_bytes` of snapshots and kMaxVersions entries; the least recently used goes.
// Metrics kiln_snapstart_*. Threads: one loop.

#include "async/clock.h"
#include "base/metrics.h"
#include "lambda/model/function.h"
#include "sandbox/snapshot_file.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

namespace kiln::invoke {

struct Snapshot {
  std::shared_ptr<const sandbox::SnapshotFile> file;  // null: none, and `reason` says why
  std::string token;  // with which what is restored asks for its credentials
  std::string reason;
};

class SnapshotStore {
 public:
  static constexpr std::size_t kMaxVersions = 10'000;

  SnapshotStore(Clock& clock, Metrics& metrics, std::int64_t budget_bytes);

  // Of exactly this deployment.
  Snapshot find(const lambda::FunctionVersion& version);
  // When nothing is known of the version, `missing` hears of it, who makes its snapshot again.
  void want(const lambda::FunctionVersionPtr& version);
  void keep(const lambda::FunctionVersion& version,
            std::shared_ptr<const sandbox::SnapshotFile> file, std::string token);
  // The version's environments initialise by themselves, until the server starts again.
  void refuse(const lambda::FunctionVersion& version, std::string reason);
  // It turned out to be of no use. One that is made again and is of no use either is the last.
  void drop(const lambda::FunctionVersion& version);
  void on_missing(std::function<void(lambda::FunctionVersionPtr)> missing) {
    missing_ = std::move(missing);
  }

 private:
  struct Entry {
    Snapshot snapshot;
    Monotonic used;
  };
  void put(const lambda::FunctionVersion& version, Snapshot snapshot);
  void erase(const std::string& deployment);
  void make_room();

  Clock& clock_;
  const std::int64_t budget_bytes_;
  Counter& count_;
  Counter& bytes_;
  Counter& restores_;
  Counter& without_;
  Counter& evicted_;
  std::map<std::string, Entry> entries_;  // by deployment
  std::set<std::string> dropped_;         // deployments
  std::function<void(lambda::FunctionVersionPtr)> missing_;
};

}  // namespace kiln::invoke
