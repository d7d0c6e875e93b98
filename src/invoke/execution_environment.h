// SPDX-License-Identifier: Apache-2.0
#pragma once
// ExecutionEnvironment is one sandboxed runtime of one function version, its Runtime API server and
// its log.
//
// Extensions: the files of /opt/extensions run beside the runtime and before it; others register
// from inside it. The initialisation ends when the runtime and every extension have asked for their
// next event; the failure of one makes the environment unusable. stop() is then a Shutdown phase:
// the runtime ends, extensions hear why, 2,000 ms at most (500 ms when all are internal).
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
//
// Reset: after a timeout or a crash the Shutdown phase and then all processes end, and runtime and
// extensions initialise again within the next invocation ("suppressed init"). /tmp is kept.
//
// Lifecycle: Starting -> Initializing -> Ready <-> Busy; Initializing, Ready -> Resetting -> Reset
// -> Initializing; any -> Stopping -> Dead. One transition function holds the table. The process
// may exit at any time: then usable() is false, whoever waits gets kClosed, and the owner calls
// stop(). Ownership: whoever uses it (the pool while idle, an invocation while busy). stop() is
// awaited before it is destroyed, unless it never started. Threads: one loop.

#include "async/clock.h"
#include "async/event.h"
#include "async/executor.h"
#include "async/gate.h"
#include "invoke/function_log.h"
#include "invoke/runtime_port.h"
#include "sandbox/sandbox.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace kiln::invoke {

enum class EnvironmentState : std::uint8_t {
  kStarting,
  kInitializing,
  kReady,
  kBusy,
  kResetting,
  kReset,
  kStopping,
  kDead,
};

class ExecutionEnvironment {
 public:
  struct Ports {
    Clock& clock;
    Executor& executor;
    sandbox::Sandbox& sandbox;
    const RuntimePortFactory& runtime;
    LogSink& logs;
    Metrics& metrics;
  };

  ExecutionEnvironment(const Ports& ports, lambda::FunctionVersionPtr function,
                       LogStreamName stream, std::string tenant_id = "");
  ~ExecutionEnvironment();
  ExecutionEnvironment(const ExecutionEnvironment&) = delete;
  ExecutionEnvironment& operator=(const ExecutionEnvironment&) = delete;

  // SnapStart: the runtime asks to be restored between its initialisation and its first invocation,
  // and has its credentials from the Runtime API, under this token. Before start().
  struct SnapStart {
    std::string token;
    std::function<std::string()> credentials;  // the document
    bool restores = true;                      // false: its memory is saved, it never serves
  };
  void set_snap_start(SnapStart snap_start) { snap_start_ = std::move(snap_start); }
  // Starts the process. Errors are the sandbox's.
  Task<Status> start(sandbox::EnvironmentSpec spec, std::stop_token stop);
  // Begins a reset in the background. False: it cannot be; stop() it. REQUIRES: it has started and
  // no invocation is running.
  bool reset();
  // After reset(): starts the command again, as start() did; then comes initialize(). After an
  // error nothing but stop() is left.
  Task<Status> restart(std::stop_token stop);
  // A reset has begun, and no restart.
  bool awaits_restart() const {
    return !reset_failed_ &&
           (state_ == EnvironmentState::kResetting || state_ == EnvironmentState::kReset);
  }
  // Waits until the runtime and all extensions ask for work. kTimeout, kCancelled; with extensions
  // also those of starting the command. REQUIRES: started.
  Task<Result<runtime_api::InitOutcome>> initialize(Monotonic deadline, std::stop_token stop);
  // After initialize(), with SnapStart: until the hooks have run. It is of no use after a failure.
  Task<Result<runtime_api::InitOutcome>> restore(Monotonic deadline, std::stop_token stop);
  bool awaits_restore() const { return snap_start_ && snap_start_->restores && usable(); }
  // Runs one invocation. REQUIRES: usable(). Call finished() with its outcome.
  Task<Result<runtime_api::InvokeOutcome>> invoke(runtime_api::Invocation invocation,
                                                  Monotonic deadline, std::stop_token stop);
  // After invoke(): everything that the function wrote so far is in the log.
  void finished();
  void drain_output() { sandbox_->drain_output(); }
  // Whether extensions take part in invocations.
  bool has_extensions() const { return extensions_ != nullptr && extensions_->any(); }
  // After invoke(): until every extension has asked for its next event. kTimeout, kCancelled;
  // kClosed when one failed.
  Task<Status> wait_extensions(Monotonic deadline, std::stop_token stop);
  // The failed extension, null while there is none.
  const runtime_api::ExtensionFailure* extension_failure() const;
  // What extensions will hear as the reason of their end; spindown when nobody says.
  void set_shutdown_reason(runtime_api::ShutdownReason reason) { shutdown_reason_ = reason; }
  // Between invocations nothing inside runs: frozen processes go on where they were when thawed.
  // REQUIRES: no invocation is running. Without effect where the sandbox cannot freeze.
  void freeze();
  void thaw();
  bool frozen() const { return frozen_; }
  // Ends the process, at the latest `grace_ms` from now (with extensions: see above), and the
  // server. Idempotent.
  Task<void> stop(std::int64_t grace_ms);

  bool usable() const { return state_ == EnvironmentState::kReady && !exit_ && !failed_; }
  EnvironmentState state() const { return state_; }
  // How the process ended, once it did.
  const std::optional<sandbox::ExitStatus>& exit() const { return exit_; }
  int max_memory_used_mb();
  FunctionLog& log() { return log_; }
  const lambda::FunctionVersionPtr& function() const { return function_; }
  // Whose invocations alone it serves; empty: the function's tenants are not kept apart.
  const std::string& tenant_id() const { return tenant_id_; }
  Monotonic created() const { return created_; }
  Monotonic idle_since() const { return idle_since_; }

 private:
  void transition(EnvironmentState to);
  void exited(sandbox::ExitStatus status);
  void connect_extensions();
  Task<Status> start_extensions(Monotonic deadline, std::stop_token stop);
  Status serve();
  void take_extensions();
  Task<void> run_reset();
  Task<void> end_processes(std::int64_t grace_ms);
  Task<void> end_runtime(std::int64_t grace_ms);
  Task<void> shut_down(std::int64_t grace_ms);

  const Ports ports_;
  const lambda::FunctionVersionPtr function_;
  const std::string tenant_id_;
  const Monotonic created_;
  FunctionLog log_;
  EnvironmentState state_ = EnvironmentState::kStarting;
  Monotonic idle_since_{};
  std::optional<sandbox::ExitStatus> exit_;
  std::unique_ptr<OneShot<bool>> ended_ = std::make_unique<OneShot<bool>>();
  Gate resetting_;
  bool reset_failed_ = false;
  bool frozen_ = false;
  std::int64_t peak_memory_bytes_ = 0;
  Monotonic memory_read_{};
  std::unique_ptr<sandbox::Environment> sandbox_;
  sandbox::EnvironmentSpec spec_;
  std::unique_ptr<RuntimePort> runtime_;
  runtime_api::Extensions* extensions_ = nullptr;          // of runtime_
  std::vector<sandbox::ProcessSpec> extension_processes_;  // until they are started
  bool command_runs_ = true;
  bool failed_ = false;
  std::optional<SnapStart> snap_start_;
  runtime_api::ShutdownReason shutdown_reason_ = runtime_api::ShutdownReason::kSpindown;
};

using EnvironmentPtr = std::unique_ptr<ExecutionEnvironment>;

}  // namespace kiln::invoke
