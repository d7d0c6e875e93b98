// SPDX-License-Identifier: Apache-2.0
#pragma once
// ProvisionedPool keeps as many environments of a version started as its provisioned concurrency
// asks for: it starts what is missing, also after one ended, and ends what is too many.
//
// An environment of it is idle here, or busy with an invocation that took it. They count in the
// EnvironmentPool's bound, but are not evicted for being idle. A version whose initialisation
// failed is FAILED, and is tried again when its function changes.
// How long they are there is told to the observer, every second while there are any.
// Bounds: kStartsAtOnce initialisations at once; gauge kiln_provisioned_environments.
// Threads: one loop. stop() is awaited before it is destroyed.

#include "async/clock.h"
#include "async/gate.h"
#include "base/metrics.h"
#include "invoke/cold_start.h"
#include "invoke/environment_pool.h"
#include "invoke/invocation_observer.h"
#include "lambda/provisioned.h"

#include <cstdint>
#include <map>
#include <stop_token>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

namespace kiln::invoke {

class ProvisionedPool final : public lambda::ProvisionedKeeper {
 public:
  static constexpr int kStartsAtOnce = 8;
  static constexpr std::int64_t kSweepMs = 1'000;

  ProvisionedPool(Clock& clock, Metrics& metrics, ColdStarter& starter, EnvironmentPool& pool,
                  PoolLimits limits, InvocationObserver* observer = nullptr);
  ~ProvisionedPool() override;

  // Begins to keep what `source` says, which outlives it.
  void start(lambda::ProvisionedSource& source);
  Task<void> stop();

  // An idle environment of exactly this version, thawed; null: the invocation spills over.
  EnvironmentPtr take(const lambda::FunctionVersion& function);
  bool owns(const EnvironmentPtr& environment) const { return own_.contains(environment.get()); }
  // How this version's environments are used now; `taken`: take() gave one for this invocation.
  ProvisionedSeen use(const lambda::FunctionVersion& function, bool taken) const;
  // After use. REQUIRES: owns(environment).
  void put_back(EnvironmentPtr environment, bool reusable);

  void changed(lambda::FunctionKey key) override;
  lambda::ProvisionedState state(const lambda::FunctionKey& key,
                                 const std::string& version) override;

 private:
  struct Group {
    lambda::FunctionVersionPtr version;
    int wanted = 0;
    int live = 0;  // idle and busy
    int starting = 0;
    std::string failure;
    Monotonic metered{};  // up to when `live` environments were told of
    std::vector<EnvironmentPtr> idle;
  };
  using Key = std::pair<lambda::FunctionKey, std::string>;

  Task<void> load_all(Gate::Pass pass);
  Task<void> reconcile(lambda::FunctionKey key, Gate::Pass pass);
  Task<void> start_one(Key key, lambda::FunctionVersionPtr version, Gate::Pass pass);
  void fill();
  void trim(Group& group);
  void drop(Group& group, EnvironmentPtr environment);
  // Tells the observer how long what lives has been there. Before each change of `live`.
  void meter(Group& group);
  void sweep();
  void arm_sweep();
  bool fit(const ExecutionEnvironment& environment) const;
  static Key key_of(const lambda::FunctionVersion& function) {
    return {{function.account, function.region, function.name}, function.version};
  }

  Clock& clock_;
  ColdStarter& starter_;
  EnvironmentPool& pool_;
  const PoolLimits limits_;
  InvocationObserver* const observer_;
  Counter& gauge_;
  lambda::ProvisionedSource* source_ = nullptr;
  std::map<Key, Group> groups_;
  std::map<lambda::FunctionKey, std::uint64_t> turns_;  // of the functions that are being read
  std::uint64_t last_turn_ = 0;
  std::unordered_set<const ExecutionEnvironment*> own_;
  int starting_ = 0;
  Clock::TimerId sweep_timer_ = 0;
  std::stop_source stop_;
  Gate running_;
};

}  // namespace kiln::invoke
