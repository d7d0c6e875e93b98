// SPDX-License-Identifier: Apache-2.0
#pragma once
// Between the control plane, which knows how many environments are to be kept started, and the
// invoke path, which keeps them. Threads: one loop.

#include "async/task.h"
#include "base/result.h"
#include "lambda/keys.h"
#include "lambda/model/function.h"

#include <string>
#include <vector>

namespace kiln::lambda {

// So many environments of one version.
struct ProvisionedTarget {
  FunctionVersionPtr version;
  int count = 0;
};

class ProvisionedSource {
 public:
  virtual ~ProvisionedSource() = default;
  // Of one function; empty: none, or no such function.
  virtual Task<Result<std::vector<ProvisionedTarget>>> targets(FunctionKey key) = 0;
  // The functions that have any.
  virtual Task<Result<std::vector<FunctionKey>>> functions() = 0;
};

// What has come of one version's target.
struct ProvisionedState {
  int allocated = 0;  // started, idle or busy
  bool failed = false;
  std::string reason;  // when it failed
};

class ProvisionedKeeper {
 public:
  virtual ~ProvisionedKeeper() = default;
  // The function or what belongs to it was changed.
  virtual void changed(FunctionKey key) = 0;
  virtual ProvisionedState state(const FunctionKey& key, const std::string& version) = 0;
};

}  // namespace kiln::lambda
