// SPDX-License-Identifier: Apache-2.0
#pragma once
// EnvironmentPool keeps idle environments by function version and tenant, and bounds how many there
// are at all.
//
// An idle environment is frozen shortly after its last use, and waits 10 minutes, most recently
// used first. One of an older revision, or so old that its credentials would expire, is retired: at
// once when idle, after its request when busy. When the bound is reached a new environment evicts
// the one that has been idle longest. So does every new one, and every sweep a quarter of the idle
// ones, while the host has less memory than `min_available_bytes`. Bounds: `max_environments`,
// idle, starting and busy ones together; counters kiln_environments_*. Threads: one loop. stop() is
// awaited before it is destroyed.

#include "async/clock.h"
#include "async/gate.h"
#include "base/metrics.h"
#include "invoke/execution_environment.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace kiln::invoke {

struct PoolLimits {
  int max_environments = 1000;
  std::int64_t idle_ms = 10 * 60 * 1000;
  // Role credentials live 12 hours; an environment never outlives half of that.
  std::int64_t max_age_ms = 6 * 60 * 60 * 1000;
  std::int64_t sweep_ms = 15 * 1000;
  // What processes of the host can still get; null: not looked at. Called for each new environment
  // and at each sweep.
  std::function<std::int64_t()> available_bytes;
  std::int64_t min_available_bytes = std::int64_t{512} << 20;
  // From the last response to the freeze; -1: never. Functions that are called all the time pay
  // nothing.
  std::int64_t freeze_after_ms = 50;
  // SIGTERM to SIGKILL for environments without extensions.
  std::int64_t grace_ms = 500;
};

class EnvironmentPool {
 public:
  EnvironmentPool(Clock& clock, Metrics& metrics, PoolLimits limits);
  ~EnvironmentPool();

  // The most recently used idle environment of exactly this version and revision, thawed, or null;
  // those that await their restart come last. Of this tenant.
  // Retires idle ones of other revisions.
  EnvironmentPtr take(const lambda::FunctionVersion& function, std::string_view tenant_id);
  // Makes room for one more environment, evicting an idle one if need be. False: all are busy.
  // Each true is paired with one retire() or release().
  bool reserve();
  void release();  // a reserved environment was never made
  // After use: keeps it for the next invocation, or retires it when it cannot take one.
  void put_back(EnvironmentPtr environment);
  // After a timeout or a crash: keeps it for an invocation that will restart() it, or kills it when
  // it cannot be reset.
  void reset(EnvironmentPtr environment);
  // Ends it in the background: SIGTERM, SIGKILL after the grace.
  void retire(EnvironmentPtr environment);
  // Ends it in the background at once.
  void kill(EnvironmentPtr environment);
  // Retires all idle ones and waits for every retired one to end.
  Task<void> stop();

  int size() const { return size_; }
  std::size_t idle() const { return idle_; }

 private:
  // Idle environments of one function version, the longest idle first.
  struct Group {
    std::string deployment_id;
    std::vector<EnvironmentPtr> idle;
  };
  struct KeyView {
    std::string_view account, region, name, version, tenant;
    bool operator==(const KeyView&) const = default;
  };
  struct Key {
    std::string account, region, name, version, tenant;
    operator KeyView() const { return {account, region, name, version, tenant}; }
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(KeyView key) const;
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(KeyView a, KeyView b) const { return a == b; }
  };
  using Groups = std::unordered_map<Key, Group, Hash, Equal>;

  Task<void> end(EnvironmentPtr environment, std::int64_t grace_ms);
  bool expired(const ExecutionEnvironment& environment, Monotonic now) const;
  static bool reusable(const ExecutionEnvironment& environment) {
    return environment.usable() || environment.awaits_restart();
  }
  // The group that the environment may wait in; null when it belongs to an older revision.
  Group* group_of(const ExecutionEnvironment& environment);
  bool short_of_memory() const;
  void relieve_memory();
  bool evict_longest_idle();
  void retire_all(Group& group);
  void sweep();
  void arm_sweep();
  void freeze_idle();
  void arm_freeze(Monotonic at);

  Clock& clock_;
  const PoolLimits limits_;
  Counter& gauge_;
  Counter& evicted_;
  Counter& full_;
  Counter& relieved_;
  Groups groups_;
  int size_ = 0;
  std::size_t idle_ = 0;
  bool stopping_ = false;
  Clock::TimerId sweep_timer_ = 0;
  Clock::TimerId freeze_timer_ = 0;
  Gate ending_;
};

}  // namespace kiln::invoke
