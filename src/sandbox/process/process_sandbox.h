// SPDX-License-Identifier: Apache-2.0
#pragma once
// ProcessSandbox: an environment is a process group of plain host processes, at one of two levels.
//
// "none" isolates nothing. "confined" takes files (Landlock), system calls (the filter of
// os/seccomp.h) and capabilities away; it needs no privilege, so it works inside a container. Left
// are: the environment's own TMPDIR to write; its code, layers and runtime, the host's /usr, some
// of /etc, the process's own /proc to read. What it refuses: docs/design/execution_environments.md.
//
// Both enforce: no descriptor and no variable of the server reaches the function, 1,024
// descriptors, no core files, everything in the process group ends with the environment, and the
// runtime ends with the server. /tmp, /var/task and /opt are the host's: functions see their real
// directories through LAMBDA_TASK_ROOT, TMPDIR and {opt}.
//
// Variables set for every environment: TMPDIR, _LAMBDA_TELEMETRY_LOG_FD (frames, see
// frame_decoder.h), then the platform's, then the user's. With a runtime_directory also
// _KILN_RUNTIME_API_FD: a connection to the Runtime API, for the bundled clients.
// Threads: one loop, whose thread must live as long as the environments do.

#include "async/loop.h"
#include "base/metrics.h"
#include "sandbox/sandbox.h"

#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

namespace kiln::sandbox {

struct ProcessSandboxOptions {
  std::string directory;  // absolute; one folder an environment is made below it
  bool freeze = false;    // freeze() and thaw() send SIGSTOP and SIGCONT
  bool confined = false;  // REQUIRES: landlock_version() > 0
};

class ProcessSandbox final : public Sandbox {
 public:
  ProcessSandbox(Loop& loop, Metrics& metrics, ProcessSandboxOptions options);
  ~ProcessSandbox() override;  // after stop(); else leftovers are killed without waiting

  Task<Result<std::unique_ptr<Environment>>> start(EnvironmentSpec spec,
                                                   std::stop_token stop) override;
  std::string_view level() const override;
  EgressSupport egress_support() const override { return {.reaches = true, .restricts = false}; }
  Task<void> stop() override;

  struct Shared;

 private:
  std::shared_ptr<Shared> shared_;
};

}  // namespace kiln::sandbox
