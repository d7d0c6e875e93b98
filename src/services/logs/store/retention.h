// SPDX-License-Identifier: Apache-2.0
#pragma once
// RetentionWorker erases events that have expired and what deleted groups and streams left behind.
//
// Readers never show expired events; this worker gives the space back. It looks every
// kIntervalMs; a deletion may ask for a look at once. Threads: one loop.

#include "async/clock.h"
#include "async/gate.h"
#include "async/task.h"
#include "base/metrics.h"
#include "base/result.h"
#include "services/logs/store/catalog.h"
#include "services/logs/store/keys.h"
#include "store/store.h"

#include <cstdint>
#include <stop_token>
#include <string>

namespace kiln::logs {

class RetentionWorker {
 public:
  static constexpr std::int64_t kIntervalMs = 60'000;

  // All outlive the worker.
  RetentionWorker(store::Store& store, Catalog& catalog, Clock& clock, Metrics& metrics);

  void start();
  Task<void> stop();
  // Erases garbage in the background. Nothing before start() or after stop().
  void collect_soon();
  // One look at everything. Called by the worker itself and by tests.
  Task<Status> sweep();

 private:
  Task<void> run(Gate::Pass pass);
  Task<void> collect_in_background(Gate::Pass pass);
  Task<Status> collect_garbage();
  Task<Status> expire_events();
  Task<Status> expire_group(GroupName name);
  Task<Status> expire_stream(GroupName group, std::string group_id, std::string name);
  Task<Result<std::int64_t>> first_after(keys::StreamId id, std::int64_t time_ms);
  // Erases [range.begin, range.end) in batches.
  Task<Status> erase(store::Range range);

  store::Store& store_;
  Catalog& catalog_;
  Clock& clock_;
  Counter& erased_;
  Gate gate_;
  std::stop_source stop_;
  bool started_ = false;
  bool collecting_ = false;
};

}  // namespace kiln::logs
