// SPDX-License-Identifier: Apache-2.0
#pragma once
// ExecutionEnvironment is one sandboxed runtime of one function version, its Runtime API server and
// its log.
//
// Lifecycle: Starting -> Initializing -> Ready <-> Busy; any -> Stopping -> Dead. One transition
// function holds the table. The process may exit at any time: then usable() is false, whoever waits
// gets kClosed, and the owner calls stop().
// Ownership: whoever uses it (the pool while idle, an invocation while busy). stop() is awaited
// before it is destroyed, unless it never started.
// Threads: one loop.

#include "async/clock.h"
#include "async/event.h"
#include "async/executor.h"
#include "invoke/function_log.h"
#include "invoke/runtime_port.h"
#include "sandbox/sandbox.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

namespace kiln::invoke {

enum class EnvironmentState : std::uint8_t {
  kStarting,
  kInitializing,
  kReady,
  kBusy,
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
                       LogStreamName stream);
  ~ExecutionEnvironment();
  ExecutionEnvironment(const ExecutionEnvironment&) = delete;
  ExecutionEnvironment& operator=(const ExecutionEnvironment&) = delete;

  // Starts the process. Errors are the sandbox's.
  Task<Status> start(sandbox::EnvironmentSpec spec, std::stop_token stop);
  // Waits until the runtime asks for work. kTimeout, kCancelled. REQUIRES: started.
  Task<Result<runtime_api::InitOutcome>> initialize(Monotonic deadline, std::stop_token stop);
  // Runs one invocation. REQUIRES: usable(). Call finished() with its outcome.
  Task<Result<runtime_api::InvokeOutcome>> invoke(runtime_api::Invocation invocation,
                                                  Monotonic deadline, std::stop_token stop);
  // After invoke(): everything that the function wrote so far is in the log.
  void finished();
  // Ends the process, at the latest `grace_ms` from now, and the server. Idempotent.
  Task<void> stop(std::int64_t grace_ms);

  bool usable() const { return state_ == EnvironmentState::kReady && !exit_; }
  EnvironmentState state() const { return state_; }
  // How the process ended, once it did.
  const std::optional<sandbox::ExitStatus>& exit() const { return exit_; }
  int max_memory_used_mb();
  FunctionLog& log() { return log_; }
  const lambda::FunctionVersionPtr& function() const { return function_; }
  Monotonic created() const { return created_; }
  Monotonic idle_since() const { return idle_since_; }

 private:
  void transition(EnvironmentState to);
  void exited(sandbox::ExitStatus status);

  const Ports ports_;
  const lambda::FunctionVersionPtr function_;
  const Monotonic created_;
  FunctionLog log_;
  EnvironmentState state_ = EnvironmentState::kStarting;
  Monotonic idle_since_{};
  std::optional<sandbox::ExitStatus> exit_;
  OneShot<bool> ended_;
  std::int64_t peak_memory_bytes_ = 0;
  Monotonic memory_read_{};
  std::unique_ptr<sandbox::Environment> sandbox_;
  std::unique_ptr<RuntimePort> runtime_;
};

using EnvironmentPtr = std::unique_ptr<ExecutionEnvironment>;

}  // namespace kiln::invoke
