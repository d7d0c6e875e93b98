// SPDX-License-Identifier: Apache-2.0
#include "invoke/execution_environment.h"

#include "base/log.h"

#include <algorithm>
#include <utility>

namespace kiln::invoke {
namespace {

// What the sandbox may need beyond the grace to kill and reap.
constexpr std::int64_t kReapMs = 5'000;
// Reading the memory of a process tree costs system calls; the peak moves slowly.
constexpr std::int64_t kMemoryReadEveryMs = 500;

bool allowed(EnvironmentState from, EnvironmentState to) {
  using enum EnvironmentState;
  switch (to) {
    case kStarting:
      return false;
    case kInitializing:
      return from == kStarting;
    case kReady:
      return from == kInitializing || from == kBusy;
    case kBusy:
      return from == kReady;
    case kStopping:
      return from != kStopping && from != kDead;
    case kDead:
      return from == kStopping;
  }
  return false;
}

}  // namespace

ExecutionEnvironment::ExecutionEnvironment(const Ports& ports, lambda::FunctionVersionPtr function,
                                           LogStreamName stream)
    : ports_(ports),
      function_(std::move(function)),
      created_(ports.clock.monotonic()),
      log_(ports.clock, ports.logs, ports.metrics, *function_, std::move(stream)) {}

ExecutionEnvironment::~ExecutionEnvironment() {
  KILN_CHECK(state_ == EnvironmentState::kDead || !sandbox_);
}

void ExecutionEnvironment::transition(EnvironmentState to) {
  KILN_CHECK(allowed(state_, to));
  state_ = to;
}

Task<Status> ExecutionEnvironment::start(sandbox::EnvironmentSpec spec, std::stop_token stop) {
  auto starting = ports_.sandbox.start(std::move(spec), std::move(stop));
  auto started = co_await std::move(starting);
  if (!started) co_return std::unexpected(std::move(started.error()));
  sandbox_ = std::move(*started);
  sandbox_->on_output([this](const sandbox::Output& output) { log_.output(output); });
  sandbox_->on_exit([this](sandbox::ExitStatus status) { exited(status); });
  Fd listener = sandbox_->take_runtime_api_listener();
  runtime_ = ports_.runtime(std::move(listener), sandbox_->take_runtime_api_connection());
  const Status serving = runtime_->start();
  if (!serving) co_return serving;
  transition(EnvironmentState::kInitializing);
  // The process may have ended before there was a server to tell.
  if (exit_) runtime_->abort();
  co_return Status{};
}

Task<Result<runtime_api::InitOutcome>> ExecutionEnvironment::initialize(Monotonic deadline,
                                                                        std::stop_token stop) {
  auto waiting = runtime_->wait_initialized(deadline, std::move(stop));
  auto outcome = co_await std::move(waiting);
  if (outcome && outcome->kind == runtime_api::InitOutcome::Kind::kReady && !exit_) {
    transition(EnvironmentState::kReady);
    idle_since_ = ports_.clock.monotonic();
  }
  sandbox_->drain_output();
  co_return outcome;
}

Task<Result<runtime_api::InvokeOutcome>> ExecutionEnvironment::invoke(
    runtime_api::Invocation invocation, Monotonic deadline, std::stop_token stop) {
  transition(EnvironmentState::kBusy);
  return runtime_->invoke(std::move(invocation), deadline, std::move(stop));
}

void ExecutionEnvironment::finished() {
  sandbox_->drain_output();
  transition(EnvironmentState::kReady);
  idle_since_ = ports_.clock.monotonic();
}

void ExecutionEnvironment::exited(sandbox::ExitStatus status) {
  exit_ = status;
  ended_.set(true);
  if (runtime_) runtime_->abort();
}

Task<void> ExecutionEnvironment::stop(std::int64_t grace_ms) {
  if (state_ == EnvironmentState::kStopping || state_ == EnvironmentState::kDead) co_return;
  transition(EnvironmentState::kStopping);
  // The caller may run inside a callback of the process or the server that end here.
  co_await resume_on(ports_.executor);
  if (sandbox_) {
    if (!exit_) {
      sandbox_->terminate(grace_ms);
      const Monotonic deadline = ports_.clock.monotonic().plus_ms(grace_ms + kReapMs);
      auto ending = ended_.wait(ports_.clock, deadline, {});
      const auto ended = co_await std::move(ending);
      if (!ended) log::error("invoke", "environment " + sandbox_->id() + " did not end in time");
      co_await resume_on(ports_.executor);
    }
    if (runtime_) {
      auto stopping = runtime_->stop();
      co_await std::move(stopping);
    }
    co_await resume_on(ports_.executor);
    runtime_.reset();
    sandbox_.reset();
  }
  log_.flush();
  transition(EnvironmentState::kDead);
}

int ExecutionEnvironment::max_memory_used_mb() {
  const Monotonic now = ports_.clock.monotonic();
  if (sandbox_ && (peak_memory_bytes_ == 0 || now >= memory_read_.plus_ms(kMemoryReadEveryMs))) {
    memory_read_ = now;
    peak_memory_bytes_ = std::max(peak_memory_bytes_, sandbox_->peak_memory_bytes());
  }
  return static_cast<int>((peak_memory_bytes_ + 1024 * 1024 - 1) / (1024 * 1024));
}

}  // namespace kiln::invoke
