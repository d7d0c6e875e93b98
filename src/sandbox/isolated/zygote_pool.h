// SPDX-License-Identifier: Apache-2.0
#pragma once
// ZygotePool keeps the processes that fork runtimes instead of an exec (EnvironmentSpec::zygote),
// each in an environment of its own made with launcher::Make::zygote.
//
// A zygote is started in the background when the first environment of its key asks; who asks before
// it is ready execs. After `max_forks` it is replaced, and destroyed when its last child has ended,
// because the children's exit statuses come through it. When one dies, the next that asks starts
// another, after a pause that doubles when it never became ready.
// Bounds: `max_zygotes`, and `memory_budget_bytes` of all together; the least recently used goes.
// Threads: one loop.

#include "async/gate.h"
#include "async/loop.h"
#include "base/metrics.h"
#include "sandbox/isolated/launcher_channel.h"
#include "sandbox/isolated/zygote.h"
#include "sandbox/sandbox.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace kiln::sandbox {

struct ZygoteLimits {
  int max_zygotes = 8;
  int max_forks = 1000;
  std::int64_t memory_budget_bytes = std::int64_t{1} << 30;
};

class ZygotePool {
 public:
  struct Ports {
    Loop& loop;
    Metrics& metrics;
    std::shared_ptr<LauncherChannel> channel;
    // Numbers of environments are the engine's.
    std::function<std::optional<std::uint32_t>()> take_number;
    std::function<void(std::uint32_t)> free_number;
    Gate& gate;            // entered by each zygote until nothing of it is left
    std::string programs;  // host folder of libkiln_zygote.so; {programs} in zygote commands
  };
  static std::unique_ptr<ZygotePool> create(Ports ports, ZygoteLimits limits);
  virtual ~ZygotePool() = default;

  // Null when the environment has to exec: the spec names no zygote, or none is ready.
  virtual std::unique_ptr<ZygoteLease> acquire(const EnvironmentSpec& spec) = 0;
  // All are destroyed; the gate tells when they are gone.
  virtual void stop() = 0;
  virtual void launcher_gone() = 0;
};

}  // namespace kiln::sandbox
