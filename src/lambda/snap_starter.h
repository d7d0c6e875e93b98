// SPDX-License-Identifier: Apache-2.0
#pragma once
// SnapStarter ends what publishing a version with SnapStart begins: it has the version initialised
// once and sets it Active, or Failed with the reason. A mark in the store survives a crash; start()
// goes on with what was left.
// Threads: one loop. stop() is awaited before it is destroyed.

#include "async/gate.h"
#include "async/task.h"
#include "base/random.h"
#include "lambda/snapshots.h"
#include "lambda/store/function_repository.h"
#include "lambda/store/part_repository.h"

#include <cstdint>
#include <set>
#include <utility>

namespace kiln::lambda {

class SnapStarter {
 public:
  SnapStarter(FunctionRepository& repository, PartRepository& parts, Random& random);

  // `taker` outlives stop().
  void start(SnapshotTaker& taker);
  Task<void> stop();

  // In the background; answers at once. Nothing for a version whose code is not in place: begin()
  // it again then.
  void begin(FunctionKey key, std::int64_t version);

 private:
  using Version = std::pair<FunctionKey, std::int64_t>;
  Task<void> run_all(Gate::Pass pass);
  Task<void> run(Version version, Gate::Pass pass);
  Task<Status> finish(Version version);
  Task<Status> conclude(Version version, SnapshotOutcome outcome);

  FunctionRepository& repository_;
  PartRepository& parts_;
  Random& random_;
  SnapshotTaker* taker_ = nullptr;
  std::set<Version> running_;
  Gate gate_;
  bool stopping_ = false;
};

}  // namespace kiln::lambda
