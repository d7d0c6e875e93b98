// SPDX-License-Identifier: Apache-2.0
#pragma once
// SnapshotMaker initialises versions with SnapStart once and keeps what came of it: when they are
// published, and again in the background when the store has no snapshot of one that is started.
//
// Bounds: kAtOnce at a time; who publishes waits, what is made again is left to the next start.
// Threads: one loop. stop() is awaited before it is destroyed.

#include "async/clock.h"
#include "async/event.h"
#include "async/gate.h"
#include "invoke/cold_start.h"
#include "invoke/snapshot_store.h"
#include "lambda/snapshots.h"

#include <deque>
#include <memory>
#include <set>
#include <stop_token>
#include <string>

namespace kiln::invoke {

class SnapshotMaker final : public lambda::SnapshotTaker {
 public:
  static constexpr int kAtOnce = 2;

  SnapshotMaker(Clock& clock, ColdStarter& starter, SnapshotStore& snapshots);

  Task<lambda::SnapshotOutcome> take(lambda::FunctionVersionPtr version) override;
  Task<void> stop();

 private:
  void make_again(lambda::FunctionVersionPtr version);
  Task<void> run(lambda::FunctionVersionPtr version, Gate::Pass pass);

  Clock& clock_;
  ColdStarter& starter_;
  int busy_ = 0;
  std::deque<std::shared_ptr<OneShot<bool>>> waiting_;
  std::set<std::string> made_again_;  // deployments
  std::stop_source stop_;
  Gate gate_;
};

}  // namespace kiln::invoke
