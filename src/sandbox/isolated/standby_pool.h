// SPDX-License-Identifier: Apache-2.0
#pragma once
// StandbyPool keeps environments whose command has booted and waits for its function
// (EnvironmentSpec::standby), so that a start only has to say which.
//
// Demand decides: of each key as many as were asked for within the last seconds, one when it was
// within the last minutes, none after that. They boot in the background, a few at a time, a moment
// after a start, whose own work goes first. Bounds: `max_waiting`, and `memory_budget_bytes` of all
// together, measured; the key that was not used for longest gives way. A burst of starts goes first
// as a whole: they boot again when none came for `delay_ms`, or half a second after its first.
// Nothing of any function is in one: its processes are trusted code that has seen no secret.
// Threads: one loop.

#include "async/gate.h"
#include "async/loop.h"
#include "base/metrics.h"
#include "sandbox/isolated/isolated_environment.h"

#include <cstdint>
#include <functional>
#include <memory>

namespace kiln::sandbox {

struct StandbyLimits {
  int max_waiting = 64;
  int max_booting = 2;
  std::int64_t memory_budget_bytes = std::int64_t{512} << 20;
  std::int64_t window_ms = 10'000;     // demand
  std::int64_t keep_ms = 10 * 60'000;  // without demand
  std::int64_t delay_ms = 20;          // after a start
};

class StandbyPool {
 public:
  using EnvironmentPtr = std::shared_ptr<IsolatedEnvironment>;
  struct Ports {
    Loop& loop;
    Metrics& metrics;
    // A made environment.
    std::function<Task<Result<EnvironmentPtr>>()> make;
    // Null when the spec's zygote is not ready.
    std::function<std::unique_ptr<ZygoteLease>(const EnvironmentSpec&)> zygote;
  };
  static std::unique_ptr<StandbyPool> create(Ports ports, StandbyLimits limits);
  virtual ~StandbyPool() = default;

  // One that waits for a function like that of `spec`, or null. Notes the demand.
  virtual EnvironmentPtr take(const EnvironmentSpec& spec) = 0;
  virtual int waiting() const = 0;
  // Closes all that wait, and returns when none boots any more.
  virtual Task<void> stop() = 0;
};

}  // namespace kiln::sandbox
