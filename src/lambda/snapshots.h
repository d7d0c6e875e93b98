// SPDX-License-Identifier: Apache-2.0
#pragma once
// Between the control plane, which publishes versions that start from a snapshot, and the invoke
// path, which initialises them once. Threads: one loop.

#include "async/task.h"
#include "lambda/model/function.h"

#include <string>

namespace kiln::lambda {

struct SnapshotOutcome {
  bool active = false;       // the version may be invoked
  bool interrupted = false;  // nothing was found out: try again after a restart
  std::string reason_code;   // StateReasonCode of a version that failed
  std::string reason;
};

class SnapshotTaker {
 public:
  virtual ~SnapshotTaker() = default;
  // Initialises the version and keeps its state for its environments. As long as that takes.
  virtual Task<SnapshotOutcome> take(FunctionVersionPtr version) = 0;
};

}  // namespace kiln::lambda
