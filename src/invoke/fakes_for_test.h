// SPDX-License-Identifier: Apache-2.0
#pragma once
// Fakes at the ports of the invoke room: a sandbox without processes, a runtime without sockets, a
// sink that remembers. Tests only.

#include "async/fake_clock.h"
#include "async/loop.h"
#include "invoke/invoker_impl.h"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace kiln::invoke {

// What the fake sandbox's next environment does.
struct Script {
  std::function<void(class FakeEnvironment&)> on_start;  // may write output or exit
  Result<runtime_api::InitOutcome> init = runtime_api::InitOutcome{};
  bool init_hangs = false;
  std::int64_t init_ms = 0;
  // Null: answers the payload back.
  std::function<Result<runtime_api::InvokeOutcome>(class FakeEnvironment&,
                                                   const runtime_api::Invocation&)>
      handler;
  bool handler_hangs = false;
  Result<runtime_api::InitOutcome> restore = runtime_api::InitOutcome{};
  bool restore_hangs = false;
  std::int64_t restore_ms = 0;
};

class FakeEnvironment final : public sandbox::Environment {
 public:
  FakeEnvironment(std::string id, int* alive) : id_(std::move(id)), alive_(alive) { ++*alive_; }
  ~FakeEnvironment() override { --*alive_; }
  const std::string& id() const override { return id_; }
  Fd take_runtime_api_listener() override { return Fd(); }
  void on_output(std::function<void(const sandbox::Output&)> sink) override {
    sink_ = std::move(sink);
  }
  void on_exit(std::function<void(sandbox::ExitStatus)> callback) override {
    exit_ = std::move(callback);
  }
  void drain_output() override {}
  void terminate(std::int64_t) override { exit({.signaled = true, .code = 15}); }
  std::int64_t peak_memory_bytes() const override { return 36 * 1024 * 1024; }
  void freeze() override { frozen = true; }
  void thaw() override { frozen = false; }
  Task<Status> reset(std::stop_token) override {
    ++resets;
    if (reset_error) co_return std::unexpected(*reset_error);
    co_return Status();
  }
  bool can_reset() const override { return resettable; }
  Task<Status> run_command(std::stop_token) override { co_return Status(); }
  bool frozen = false;
  bool resettable = false;
  std::optional<Error> reset_error;
  int resets = 0;

  void write(std::string_view bytes) { sink_({.bytes = bytes}); }
  void exit(sandbox::ExitStatus status) {
    if (auto callback = std::exchange(exit_, nullptr)) callback(status);
  }

 private:
  std::string id_;
  int* alive_;
  std::function<void(const sandbox::Output&)> sink_;
  std::function<void(sandbox::ExitStatus)> exit_;
};

class FakeSandbox final : public sandbox::Sandbox {
 public:
  Task<Result<std::unique_ptr<sandbox::Environment>>> start(sandbox::EnvironmentSpec spec,
                                                            std::stop_token) override {
    specs.push_back(spec);
    if (!start_errors.empty()) {
      Error error = start_errors.front();
      start_errors.pop_front();
      co_return std::unexpected(std::move(error));
    }
    auto environment = std::make_unique<FakeEnvironment>(spec.id, &alive);
    last = environment.get();
    last->resettable = resettable;
    co_return environment;
  }
  std::string_view level() const override { return "fake"; }
  std::string_view no_snapshots() const override { return snapshots ? "" : "there are none"; }
  bool snapshots = false;
  Task<void> stop() override { co_return; }

  std::vector<sandbox::EnvironmentSpec> specs;
  std::deque<Error> start_errors;
  FakeEnvironment* last = nullptr;
  int alive = 0;
  bool resettable = false;  // what environments start with
};

class FakeRuntime final : public RuntimePort {
 public:
  FakeRuntime(FakeClock& clock, FakeEnvironment& environment, Script script)
      : clock_(clock), environment_(environment), script_(std::move(script)) {}
  Status start() override {
    if (script_.on_start) script_.on_start(environment_);
    return {};
  }
  Task<void> stop() override { co_return; }
  Task<Result<runtime_api::InitOutcome>> wait_initialized(Monotonic deadline,
                                                          std::stop_token stop) override {
    if (script_.init_hangs) co_return co_await init_.wait(clock_, deadline, stop);
    clock_.advance_ms(script_.init_ms);
    if (closed_)
      co_return runtime_api::InitOutcome{runtime_api::InitOutcome::Kind::kClosed, "", ""};
    co_return script_.init;
  }
  Task<Result<runtime_api::InitOutcome>> restore(Monotonic deadline,
                                                 std::stop_token stop) override {
    if (script_.restore_hangs) co_return co_await restored_.wait(clock_, deadline, stop);
    clock_.advance_ms(script_.restore_ms);
    co_return script_.restore;
  }
  Task<Result<runtime_api::InvokeOutcome>> invoke(runtime_api::Invocation invocation,
                                                  Monotonic deadline,
                                                  std::stop_token stop) override {
    if (script_.handler_hangs) co_return co_await answer_.wait(clock_, deadline, stop);
    if (script_.handler) {
      auto outcome = script_.handler(environment_, invocation);
      if (closed_) co_return closed();
      co_return outcome;
    }
    runtime_api::InvokeOutcome outcome;
    outcome.body = invocation.payload;
    co_return outcome;
  }
  void abort() override {
    closed_ = true;
    init_.set({runtime_api::InitOutcome::Kind::kClosed, "", ""});
    answer_.set(closed());
  }

 private:
  static runtime_api::InvokeOutcome closed() {
    runtime_api::InvokeOutcome outcome;
    outcome.kind = runtime_api::InvokeOutcome::Kind::kClosed;
    return outcome;
  }
  FakeClock& clock_;
  FakeEnvironment& environment_;
  Script script_;
  bool closed_ = false;
  OneShot<runtime_api::InitOutcome> init_;
  OneShot<runtime_api::InvokeOutcome> answer_;
  OneShot<runtime_api::InitOutcome> restored_;
};

class FakeFunctions final : public lambda::FunctionDirectory {
 public:
  Task<aws::ApiResult<lambda::ResolvedFunction>> resolve(aws::RequestContext, std::string,
                                                         std::string) override {
    co_return lambda::ResolvedFunction{.version = function, .concurrency = {}};
  }
  Task<Result<std::string>> code_directory(lambda::FunctionVersionPtr) override {
    co_return "/code";
  }
  lambda::FunctionVersionPtr function;
};

class FakeRoles final : public iam::RoleDirectory {
 public:
  Task<Result<std::optional<iam::RoleInfo>>> find_role(std::string) override {
    co_return std::nullopt;
  }
  Task<Result<iam::PassRoleAnswer>> can_pass_to(std::string, std::string) override {
    co_return iam::PassRoleAnswer::kOk;
  }
};

class RecordingSink final : public LogSink {
 public:
  void append(const LogStreamName& stream, std::vector<LogEvent> events) override {
    for (LogEvent& event : events) streams[stream.stream].push_back(std::move(event.message));
  }
  std::vector<std::string> messages() const {
    std::vector<std::string> all;
    for (const auto& [name, lines] : streams) all.insert(all.end(), lines.begin(), lines.end());
    return all;
  }
  std::map<std::string, std::vector<std::string>> streams;
};

// An invoker over fakes, with a loop for resume_on() and a clock that the test moves.
class Bench {
 public:
  explicit Bench(InvokerOptions options = {})
      : factory_([this](Fd, Fd) { return next_runtime(); }),
        invoker(ColdStartPorts{clock, loop, random, metrics, sandbox, factory_, sink, functions,
                               catalog_, tokens_, roles_, "http://127.0.0.1:4566"},
                options) {
    function.account = "123456789012";
    function.region = "us-east-1";
    function.name = "hello";
    function.revision_id = "r1";
    function.role = "arn:aws:iam::123456789012:role/r";
    function.runtime = "provided.al2023";
    function.handler = "index.handler";
    function.logging.log_group = "/aws/lambda/hello";
  }
  ~Bench() { loop.run_until_complete(invoker.stop()); }

  // Starts an invocation; `results` gets its result, in order of completion.
  void begin(InvokeRequest request) {
    if (request.request_id.empty()) request.request_id = "id-" + std::to_string(++ids_);
    request.concurrency = concurrency;
    spawn(run(std::make_shared<lambda::FunctionVersion>(function), std::move(request)));
  }
  // One that ends without the clock's help.
  InvokeResult invoke(std::string payload = "{}", bool tail_log = false) {
    InvokeRequest request;
    request.payload = std::move(payload);
    request.tail_log = tail_log;
    begin(std::move(request));
    auto result = std::move(results.back());
    results.pop_back();
    return result ? std::move(*result)
                  : InvokeResult{.payload = result.error().code,
                                 .function_error = "API",
                                 .executed_version = "",
                                 .log_tail = ""};
  }
  // Lets posted work run, so that retired environments end.
  void settle() { loop.run_until_complete(yield()); }

  Loop loop;
  FakeClock clock;
  SeededRandom random{1};
  Metrics metrics;
  FakeSandbox sandbox;
  RecordingSink sink;
  FakeFunctions functions;
  lambda::FunctionVersion function;
  lambda::ConcurrencyLimits concurrency;  // of every invocation
  std::deque<Script> scripts;             // one an environment; then the default
  std::vector<aws::ApiResult<InvokeResult>> results;

 private:
  std::unique_ptr<RuntimePort> next_runtime() {
    Script script;
    if (!scripts.empty()) {
      script = std::move(scripts.front());
      scripts.pop_front();
    }
    return std::make_unique<FakeRuntime>(clock, *sandbox.last, std::move(script));
  }
  Task<void> run(lambda::FunctionVersionPtr version, InvokeRequest request) {
    auto invoking = invoker.invoke(std::move(version), std::move(request));
    results.push_back(co_await std::move(invoking));
  }
  Task<void> yield() {
    for (int i = 0; i < 20; ++i) co_await resume_on(loop);
  }

  int ids_ = 0;
  RuntimePortFactory factory_;
  FakeRoles roles_;
  iam::SessionTokens tokens_{std::string(32, 'k'), random};
  RuntimeCatalog catalog_ = RuntimeCatalog::discover({});

 public:
  InvokerImpl invoker;
};

}  // namespace kiln::invoke
