// SPDX-License-Identifier: Apache-2.0
#include "invoke/execution_environment.h"

#include "base/log.h"
#include "invoke/conclusion.h"
#include "invoke/extension_files.h"

#include <algorithm>
#include <utility>

namespace kiln::invoke {
namespace {

// What the sandbox may need beyond the grace to kill and reap.
constexpr std::int64_t kReapMs = 5'000;
// Reading the memory of a process tree costs system calls; the peak moves slowly.
constexpr std::int64_t kMemoryReadEveryMs = 500;
// The Shutdown phase, and the runtime's part of it.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html
constexpr std::int64_t kShutdownMs = 2'000;
constexpr std::int64_t kRuntimeShutdownMs = 300;
constexpr std::int64_t kInternalShutdownMs = 500;

bool allowed(EnvironmentState from, EnvironmentState to) {
  using enum EnvironmentState;
  switch (to) {
    case kStarting:
      return false;
    case kInitializing:
      return from == kStarting || from == kReset;
    case kReady:
      return from == kInitializing || from == kBusy;
    case kBusy:
      return from == kReady;
    case kResetting:
      return from == kReady || from == kInitializing;
    case kReset:
      return from == kResetting;
    case kStopping:
      return from != kStopping && from != kDead;
    case kDead:
      return from == kStopping;
  }
  return false;
}

}  // namespace

ExecutionEnvironment::ExecutionEnvironment(const Ports& ports, lambda::FunctionVersionPtr function,
                                           LogStreamName stream, std::string tenant_id)
    : ports_(ports),
      function_(std::move(function)),
      tenant_id_(std::move(tenant_id)),
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
  spec_ = spec;
  take_extensions();
  spec.defer_command = !command_runs_;
  auto starting = ports_.sandbox.start(std::move(spec), std::move(stop));
  auto started = co_await std::move(starting);
  if (!started) co_return std::unexpected(std::move(started.error()));
  sandbox_ = std::move(*started);
  const Status serving = serve();
  if (serving) transition(EnvironmentState::kInitializing);
  // The process may have ended before there was a server to tell.
  if (serving && exit_) runtime_->abort();
  co_return serving;
}

void ExecutionEnvironment::take_extensions() {
  for (const std::string& name : external_extensions(spec_.layer_directories)) {
    extension_processes_.push_back(
        extension_process(name, spec_.platform_variables, spec_.variables));
  }
  command_runs_ = extension_processes_.empty();
}

Status ExecutionEnvironment::serve() {
  sandbox_->on_output([this](const sandbox::Output& output) { log_.output(output); });
  sandbox_->on_exit([this](sandbox::ExitStatus status) { exited(status); });
  Fd listener = sandbox_->take_runtime_api_listener();
  runtime_ = ports_.runtime(std::move(listener), sandbox_->take_runtime_api_connection());
  if (snap_start_) {
    runtime_->enable_restore();
    runtime_->serve_credentials(snap_start_->token, snap_start_->credentials);
  }
  connect_extensions();
  return runtime_->start();
}

bool ExecutionEnvironment::reset() {
  if (!sandbox_ || !sandbox_->can_reset()) return false;
  transition(EnvironmentState::kResetting);
  thaw();
  spawn(run_reset());
  return true;
}

Task<void> ExecutionEnvironment::run_reset() {
  const Gate::Pass pass = resetting_.enter();
  auto ending = end_processes(0);
  co_await std::move(ending);
  auto resetting = sandbox_->reset({});
  const Status done = co_await std::move(resetting);
  reset_failed_ = !done;
  if (!done) log::warn("invoke", "environment " + sandbox_->id() + ": " + done.error().message);
  if (done && state_ == EnvironmentState::kResetting) transition(EnvironmentState::kReset);
}

Task<Status> ExecutionEnvironment::restart(std::stop_token stop) {
  co_await resetting_.closed();
  if (state_ != EnvironmentState::kReset) co_return fail(ErrorCode::kClosed, "it was not reset");
  exit_.reset();
  ended_ = std::make_unique<OneShot<bool>>();
  failed_ = false;
  peak_memory_bytes_ = 0;
  shutdown_reason_ = runtime_api::ShutdownReason::kSpindown;
  take_extensions();
  transition(EnvironmentState::kInitializing);
  KILN_CO_TRY_VOID(serve());
  if (command_runs_) {
    auto running = sandbox_->run_command(std::move(stop));
    KILN_CO_TRY_VOID(co_await std::move(running));
  }
  if (exit_) runtime_->abort();
  co_return Status();
}

void ExecutionEnvironment::connect_extensions() {
  extensions_ = runtime_->extensions();
  if (extensions_ == nullptr) return;
  const lambda::FunctionVersion& function = *function_;
  extensions_->describe({function.name, function.version, function.handler, function.account});
  extensions_->on_notice(
      [this](const runtime_api::ExtensionNotice& notice) { log_.extension_notice(notice); });
  extensions_->on_failure([this] {
    failed_ = true;
    shutdown_reason_ = runtime_api::ShutdownReason::kFailure;
    runtime_->abort();
  });
  runtime_api::Telemetry& telemetry = *runtime_->telemetry();
  telemetry.set_connect([this](int port) { return sandbox_->connect(port, {}); });
  if (!extension_processes_.empty()) telemetry.record_backlog();
  log_.set_telemetry(&telemetry);
}

Task<Status> ExecutionEnvironment::start_extensions(Monotonic deadline, std::stop_token stop) {
  for (sandbox::ProcessSpec& process : std::exchange(extension_processes_, {})) {
    const std::string name = process.name;
    if (extensions_->full()) {
      extensions_->launch_failed(
          name, "Extension limit (" + std::to_string(runtime_api::kMaxExtensions) + ") reached");
      co_return fail(ErrorCode::kClosed, "too many extensions");
    }
    process.on_output = [this, name](const sandbox::Output& output) {
      log_.extension_output(name, output);
    };
    process.on_exit = [this, name](sandbox::ExitStatus status) {
      if (extensions_ != nullptr) extensions_->process_ended(name, exit_reason(status));
    };
    extensions_->launched(name);
    auto starting = sandbox_->start_process(std::move(process), stop);
    const Status started = co_await std::move(starting);
    if (!started) {
      extensions_->launch_failed(name, with_extension_path(started.error().message, name));
      co_return fail(ErrorCode::kClosed, started.error().message);
    }
  }
  auto registering = extensions_->wait_registered(deadline, stop);
  KILN_CO_TRY_VOID(co_await std::move(registering));
  auto running = sandbox_->run_command(std::move(stop));
  KILN_CO_TRY_VOID(co_await std::move(running));
  command_runs_ = true;
  co_return Status();
}

Task<Result<runtime_api::InitOutcome>> ExecutionEnvironment::initialize(Monotonic deadline,
                                                                        std::stop_token stop) {
  using Kind = runtime_api::InitOutcome::Kind;
  Status extended;
  if (!extension_processes_.empty()) {
    auto extending = start_extensions(deadline, stop);
    extended = co_await std::move(extending);
  }
  Result<runtime_api::InitOutcome> outcome{runtime_api::InitOutcome{Kind::kClosed, {}, {}}};
  if (extended) {
    auto waiting = runtime_->wait_initialized(deadline, stop);
    outcome = co_await std::move(waiting);
  }
  if (extended && outcome && outcome->kind == Kind::kReady && has_extensions()) {
    auto idling = extensions_->wait_idle(deadline, std::move(stop));
    extended = co_await std::move(idling);
  }
  if (!extended && failed_) {
    outcome = runtime_api::InitOutcome{Kind::kClosed, {}, {}};
  } else if (!extended) {
    outcome = std::unexpected(std::move(extended.error()));
  }
  if (extensions_ != nullptr) {
    extensions_->close_registration();
    runtime_->telemetry()->close_subscriptions();
  }
  if (outcome && outcome->kind == Kind::kReady && !exit_) {
    transition(EnvironmentState::kReady);
    idle_since_ = ports_.clock.monotonic();
    if (!awaits_restore()) sandbox_->end_initialization();
  } else {
    const bool late = !outcome && outcome.error().code == ErrorCode::kTimeout;
    shutdown_reason_ =
        late ? runtime_api::ShutdownReason::kTimeout : runtime_api::ShutdownReason::kFailure;
  }
  sandbox_->drain_output();
  co_return outcome;
}

Task<Result<runtime_api::InitOutcome>> ExecutionEnvironment::restore(Monotonic deadline,
                                                                     std::stop_token stop) {
  auto restoring = runtime_->restore(deadline, std::move(stop));
  auto outcome = co_await std::move(restoring);
  failed_ = !outcome || outcome->kind != runtime_api::InitOutcome::Kind::kReady;
  if (failed_) shutdown_reason_ = runtime_api::ShutdownReason::kFailure;
  if (!failed_) sandbox_->end_initialization();
  idle_since_ = ports_.clock.monotonic();
  sandbox_->drain_output();
  co_return outcome;
}

const runtime_api::ExtensionFailure* ExecutionEnvironment::extension_failure() const {
  if (extensions_ == nullptr || !extensions_->failure()) return nullptr;
  return &*extensions_->failure();
}

Task<Status> ExecutionEnvironment::wait_extensions(Monotonic deadline, std::stop_token stop) {
  return extensions_->wait_idle(deadline, std::move(stop));
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
  if (state_ != EnvironmentState::kStopping && state_ != EnvironmentState::kResetting)
    shutdown_reason_ = runtime_api::ShutdownReason::kFailure;
  ended_->set(true);
  if (runtime_) runtime_->abort();
}

Task<void> ExecutionEnvironment::end_runtime(std::int64_t grace_ms) {
  if (exit_ || !command_runs_) co_return;
  sandbox_->terminate(grace_ms);
  const Monotonic deadline = ports_.clock.monotonic().plus_ms(grace_ms + kReapMs);
  auto ending = ended_->wait(ports_.clock, deadline, {});
  const auto ended = co_await std::move(ending);
  if (!ended) log::error("invoke", "environment " + sandbox_->id() + " did not end in time");
}

Task<void> ExecutionEnvironment::shut_down(std::int64_t grace_ms) {
  const bool external = extensions_->any_external();
  const Monotonic began = ports_.clock.monotonic();
  const Monotonic deadline = began.plus_ms(external ? kShutdownMs : kInternalShutdownMs);
  runtime_->telemetry()->flush();
  const std::int64_t runtime_ms = external ? kRuntimeShutdownMs : kInternalShutdownMs;
  auto ending = end_runtime(grace_ms == 0 ? 0 : runtime_ms);
  co_await std::move(ending);
  const std::int64_t left_ms = (deadline.ns - ports_.clock.monotonic().ns) / 1'000'000;
  if (!external || left_ms <= 0) co_return;
  extensions_->send_shutdown(shutdown_reason_, Timestamp{ports_.clock.wall().ms + left_ms});
  auto waiting = extensions_->wait_ended(deadline);
  // Those that are still there then are killed with the environment.
  [[maybe_unused]] const Status ended = co_await std::move(waiting);
}

Task<void> ExecutionEnvironment::stop(std::int64_t grace_ms) {
  if (state_ == EnvironmentState::kStopping || state_ == EnvironmentState::kDead) co_return;
  transition(EnvironmentState::kStopping);
  thaw();  // so that it can hear of its end
  co_await resetting_.closed();
  if (sandbox_) {
    auto ending = end_processes(grace_ms);
    co_await std::move(ending);
    sandbox_.reset();
  }
  log_.flush();
  transition(EnvironmentState::kDead);
}

// The runtime, its extensions and its server.
Task<void> ExecutionEnvironment::end_processes(std::int64_t grace_ms) {
  // The caller may run inside a callback of the process or the server that end here.
  co_await resume_on(ports_.executor);
  auto ending = has_extensions() ? shut_down(grace_ms) : end_runtime(grace_ms);
  co_await std::move(ending);
  co_await resume_on(ports_.executor);
  log_.set_telemetry(nullptr);
  extensions_ = nullptr;
  if (runtime_) {
    auto stopping = runtime_->stop();
    co_await std::move(stopping);
  }
  co_await resume_on(ports_.executor);
  runtime_.reset();
  command_runs_ = false;
}

void ExecutionEnvironment::freeze() {
  if (frozen_ || !usable()) return;
  frozen_ = true;
  sandbox_->freeze();
}

void ExecutionEnvironment::thaw() {
  if (std::exchange(frozen_, false) && sandbox_) sandbox_->thaw();
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
