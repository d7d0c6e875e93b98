// SPDX-License-Identifier: Apache-2.0
#include "invoke/snapshot_store.h"

#include <utility>

namespace kiln::invoke {

SnapshotStore::SnapshotStore(Clock& clock, Metrics& metrics, std::int64_t budget_bytes)
    : clock_(clock),
      budget_bytes_(budget_bytes),
      count_(metrics.counter("kiln_snapstart_snapshots")),
      bytes_(metrics.counter("kiln_snapstart_snapshot_bytes")),
      restores_(metrics.counter("kiln_snapstart_restores_total")),
      without_(metrics.counter("kiln_snapstart_starts_without_snapshot_total")),
      evicted_(metrics.counter("kiln_snapstart_snapshots_evicted_total")) {}

Snapshot SnapshotStore::find(const lambda::FunctionVersion& version) {
  const auto found = entries_.find(version.deployment());
  if (found == entries_.end()) {
    without_.add();
    return {.file = nullptr, .token = {}, .reason = "its snapshot is being made again"};
  }
  found->second.used = clock_.monotonic();
  (found->second.snapshot.file ? restores_ : without_).add();
  return found->second.snapshot;
}

void SnapshotStore::want(const lambda::FunctionVersionPtr& version) {
  if (missing_ && !entries_.contains(version->deployment())) missing_(version);
}

void SnapshotStore::keep(const lambda::FunctionVersion& version,
                         std::shared_ptr<const sandbox::SnapshotFile> file, std::string token) {
  put(version, {.file = std::move(file), .token = std::move(token), .reason = {}});
}

void SnapshotStore::refuse(const lambda::FunctionVersion& version, std::string reason) {
  put(version, {.file = nullptr, .token = {}, .reason = std::move(reason)});
}

void SnapshotStore::drop(const lambda::FunctionVersion& version) {
  if (dropped_.size() >= kMaxVersions) dropped_.clear();
  if (!dropped_.insert(version.deployment()).second) {
    return refuse(version, "its snapshots could not be restored");
  }
  erase(version.deployment());
}

void SnapshotStore::put(const lambda::FunctionVersion& version, Snapshot snapshot) {
  erase(version.deployment());
  if (snapshot.file) {
    count_.add(1);
    bytes_.add(snapshot.file->bytes());
  }
  entries_[version.deployment()] = {std::move(snapshot), clock_.monotonic()};
  make_room();
}

void SnapshotStore::erase(const std::string& deployment) {
  const auto found = entries_.find(deployment);
  if (found == entries_.end()) return;
  if (const auto& file = found->second.snapshot.file) {
    count_.add(-1);
    bytes_.add(-file->bytes());
  }
  entries_.erase(found);
}

// Environments that were started from one keep its pages until they end.
void SnapshotStore::make_room() {
  while (bytes_.value() > budget_bytes_ || entries_.size() > kMaxVersions) {
    const bool by_bytes = bytes_.value() > budget_bytes_;
    auto oldest = entries_.end();
    for (auto it = entries_.begin(); it != entries_.end(); ++it) {
      if (by_bytes && !it->second.snapshot.file) continue;
      if (oldest == entries_.end() || it->second.used < oldest->second.used) oldest = it;
    }
    if (oldest == entries_.end()) return;
    evicted_.add();
    erase(std::string(oldest->first));
  }
}

}  // namespace kiln::invoke
