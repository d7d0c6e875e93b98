// SPDX-License-Identifier: Apache-2.0
#pragma once
// IsolatedSandbox: an environment has namespaces, cgroups, a root, a network and a /tmp of its own,
// made by the launcher (docs/design/execution_environments.md).
//
// A reserve of empty environments stands ready, so that a start does not wait for their making. It
// holds as many as were taken within the last kReserveWindowMs, between `min_reserve` and
// `max_reserve`, and is refilled in the background.
// Variables set for every environment: _LAMBDA_TELEMETRY_LOG_FD (frames, see frame_decoder.h), then
// the platform's, then the user's; with a runtime_directory also _KILN_RUNTIME_API_FD.
// Threads: one loop.

#include "async/loop.h"
#include "base/metrics.h"
#include "base/result.h"
#include "launcher/client.h"
#include "os/fd.h"
#include "sandbox/isolated/dns_relay.h"
#include "sandbox/isolated/standby_pool.h"
#include "sandbox/isolated/zygote_pool.h"
#include "sandbox/sandbox.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace kiln::sandbox {

inline constexpr std::int64_t kReserveWindowMs = 10'000;

struct IsolatedSandboxOptions {
  std::string launcher;          // the kiln-launcher program
  std::string init;              // the kiln-init program
  std::string state_directory;   // for images of /tmp; made when missing
  std::string level = "auto";    // "root", "userns" or the strongest that the host allows
  std::string network = "auto";  // "isolated": no way out, and the host's rules are left alone
  // A connection to the server's endpoint, accepted inside an environment.
  std::function<void(Fd)> endpoint_connection;
  std::vector<Resolver> resolvers;  // for names; none: those of /etc/resolv.conf
  int min_reserve = 2;
  int max_reserve = 64;
  ZygoteLimits zygotes;
  StandbyLimits standbys;
};

class IsolatedSandbox : public Sandbox {
 public:
  // What the host keeps the level from enforcing, one sentence each.
  virtual const std::vector<std::string>& unenforced() const = 0;
  // Empty environments that wait.
  virtual int reserve() const = 0;
};

// A launcher that is ready. It ends with its environments when `process.control` is closed.
struct StartedLauncher {
  launcher::LauncherProcess process;
  launcher::Ready ready;
};

// Starts the launcher and waits until it is ready: some milliseconds; at the level userns, where
// much can be forbidden, also until it has made one environment. Errors say what the host lacks.
// The server may give up its privileges afterwards; the launcher keeps its own.
Result<StartedLauncher> start_isolation(const IsolatedSandboxOptions& options);
std::unique_ptr<IsolatedSandbox> open_isolated_sandbox(Loop& loop, Metrics& metrics,
                                                       IsolatedSandboxOptions options,
                                                       StartedLauncher started);
// Both at once.
Result<std::unique_ptr<IsolatedSandbox>> open_isolated_sandbox(Loop& loop, Metrics& metrics,
                                                               IsolatedSandboxOptions options);

}  // namespace kiln::sandbox
