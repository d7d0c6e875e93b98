// SPDX-License-Identifier: Apache-2.0
#include "invoke/cold_start.h"

#include "aws/arn.h"
#include "base/encoding.h"
#include "base/log.h"
#include "iam/unique_id.h"
#include "invoke/concurrency.h"
#include "invoke/environment_variables.h"
#include "invoke/exec_wrapper.h"
#include "invoke/zygote_choice.h"

#include <algorithm>
#include <utility>

namespace kiln::invoke {
namespace {

// `arn` in the function's region.
std::string in_region(std::string_view arn, std::string_view region) {
  auto parsed = aws::parse_arn(arn);
  if (!parsed) return std::string(arn);
  parsed->region = region;
  return parsed->text();
}

std::string stand_in_note(const RuntimeCommand& runtime) {
  return "KILN " + runtime.runtime + " is not on this host: version " +
         runtime.interpreter_version + " stands in for it\n";
}

std::string session_name(const std::string& function_name) { return function_name.substr(0, 64); }

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

// `message` of a sandbox that mounts nothing, with the places that AWS's messages name.
std::string with_places_of_aws(std::string message, const sandbox::EnvironmentSpec& spec,
                               const std::string& environment_id) {
  replace_all(message, spec.task_directory + "/", "/var/task/");
  for (const auto& layer : spec.layer_directories) replace_all(message, layer + "/", "/opt/");
  // Merged ones lie somewhere below a folder of the environment's name.
  if (const auto end = message.find("/" + environment_id + "/opt/"); end != std::string::npos) {
    const auto begin = message.find_last_of(" [", end) + 1;
    message.erase(begin, end + 1 + environment_id.size() - begin);
  }
  return message;
}

}  // namespace

aws::ApiError ColdStarter::start_failed(const Error& error) {
  if (error.code == ErrorCode::kLimitExceeded)
    return throttled("ConcurrentInvocationLimitExceeded");
  return aws::internal_failure("invoke", error, "ServiceException");
}

// In the function's region.
std::string ColdStarter::Plan::runtime_version_arn() const {
  return in_region(runtime.version_arn, function->region);
}

ColdStarter::ColdStarter(ColdStartPorts ports, EnvironmentPool& pool, SnapshotStore& snapshots)
    : ports_(std::move(ports)),
      pool_(pool),
      preloads_(ports_.metrics),
      snapshots_(&snapshots),
      cold_starts_(ports_.metrics.counter("kiln_invoke_cold_starts_total")),
      init_failures_(ports_.metrics.counter("kiln_invoke_init_failures_total")) {}

Task<aws::ApiResult<ColdStart>> ColdStarter::start(lambda::FunctionVersionPtr function,
                                                   std::string request_id, std::string tenant_id,
                                                   bool tail_log, std::stop_token stop,
                                                   std::string initialization) {
  auto runtime = ports_.catalog.find(function->runtime);
  if (!runtime) {
    aws::ApiError error{"InvalidRuntimeException", 502,
                        "The runtime " + function->runtime + " is not installed on this host."};
    error.fields = {{"Type", "Server"}};
    co_return aws::fail(std::move(error));
  }
  auto egress = reachable(*function);
  if (!egress) co_return aws::fail(std::move(egress.error()));
  cold_starts_.add();
  auto planning = plan(function, std::move(*runtime));
  auto planned = co_await std::move(planning);
  if (!planned) co_return aws::fail(start_failed(planned.error()));
  planned->tenant_id = std::move(tenant_id);
  planned->spec.egress = std::move(*egress);
  if (planned->snap_start) {
    auto restoring =
        start_from_snapshot(std::move(*planned), std::move(request_id), tail_log, std::move(stop));
    co_return co_await std::move(restoring);
  }
  for (auto& [name, value] : planned->spec.platform_variables) {
    if (name == "AWS_LAMBDA_INITIALIZATION_TYPE") value = initialization;
  }
  if (!pool_.reserve()) co_return aws::fail(throttled("ConcurrentInvocationLimitExceeded"));

  EnvironmentPtr environment = make_environment(*planned);
  if (tail_log) environment->log().begin_tail();
  environment->log().init_start(planned->runtime.version_name, planned->runtime_version_arn());
  if (!planned->runtime.exact) environment->log().note(stand_in_note(planned->runtime));
  auto attempting = attempt(*planned, std::move(environment), request_id, kInitTimeoutMs, stop);
  auto attempted = co_await std::move(attempting);
  if (!attempted) co_return aws::fail(start_failed(attempted.error()));
  if (!attempted->failure) {
    attempted->environment->log().init_succeeded(attempted->duration_ns);
    ColdStart cold;
    cold.environment = std::move(attempted->environment);
    cold.init_ns = attempted->duration_ns;
    co_return cold;
  }
  FunctionLog& log = attempted->environment->log();
  log.init_failed({.duration_ns = attempted->duration_ns,
                   .phase = "init",
                   .completion = attempted->failure->completion,
                   .error_type = attempted->failure->error_type});
  std::optional<std::string> tail;
  if (attempted->environment->reset()) {
    auto resuming = initialize_again(std::move(attempted->environment), request_id, stop);
    auto resumed = co_await std::move(resuming);
    if (resumed) co_return std::move(*resumed);
    if (stop.stop_requested()) co_return aws::fail(start_failed(resumed.error()));
    if (tail_log) tail.emplace();
  } else {
    if (tail_log) tail = log.take_tail();
    log.flush();
    pool_.kill(std::move(attempted->environment));
  }
  auto retrying = again(std::move(*planned), std::move(request_id), std::move(tail), stop);
  co_return co_await std::move(retrying);
}

Task<aws::ApiResult<ColdStart>> ColdStarter::again(Plan plan, std::string request_id,
                                                   std::optional<std::string> tail,
                                                   std::stop_token stop) {
  if (!pool_.reserve()) co_return aws::fail(throttled("ConcurrentInvocationLimitExceeded"));
  EnvironmentPtr environment = make_environment(plan);
  if (tail) environment->log().begin_tail(std::move(*tail));
  const std::int64_t limit_ms = std::int64_t{plan.function->timeout_s} * 1000;
  auto attempting = attempt(plan, std::move(environment), request_id, limit_ms, stop);
  auto attempted = co_await std::move(attempting);
  if (!attempted) co_return aws::fail(start_failed(attempted.error()));
  co_return conclude_suppressed(std::move(*attempted), request_id);
}

aws::ApiResult<lambda::Egress> ColdStarter::reachable(
    const lambda::FunctionVersion& function) const {
  static const lambda::VpcDirectory kNone;
  const lambda::VpcDirectory& vpcs = ports_.vpcs != nullptr ? *ports_.vpcs : kNone;
  auto egress = vpcs.egress(function.vpc);
  if (!egress) egress.error().fields.emplace_back("Type", "Server");
  return egress;
}

Task<Result<ColdStarter::Plan>> ColdStarter::plan(lambda::FunctionVersionPtr function,
                                                  RuntimeCommand runtime, bool template_of) {
  auto unpacking = ports_.functions.code_directory(function);
  KILN_CO_TRY(std::string task_directory, co_await std::move(unpacking));
  auto layering = ports_.functions.layer_directories(function);
  KILN_CO_TRY(std::vector<std::string> layers, co_await std::move(layering));
  auto finding = ports_.roles.find_role(function->role);
  KILN_CO_TRY(const std::optional<iam::RoleInfo> role, co_await std::move(finding));

  const Timestamp now = ports_.clock.wall();
  const iam::TemporaryCredentials credentials = ports_.tokens.issue(
      {.account = function->account,  // also when kiln dev took a role of another account
       .role_arn = function->role,
       .role_id = role ? role->role_id : iam::stand_in_role_id(function->role, function->account),
       .session_name = session_name(function->name),
       .session_policies = {},
       .issued = now},
      Timestamp{now.ms + kCredentialsLifeMs});

  Plan plan;
  plan.stream = {function->account, function->region, function->logging.log_group,
                 log_stream_name(now, function->version, hex_encode(ports_.random.bytes(16)))};
  plan.spec.command = start_command(runtime, function->environment);
  plan.spec.platform_variables =
      platform_variables(*function, runtime, plan.stream.stream, credentials,
                         ports_.endpoint.empty() ? "" : "{endpoint}");
  plan.spec.variables.assign(function->environment.begin(), function->environment.end());
  plan.spec.task_directory = std::move(task_directory);
  plan.spec.layer_directories = std::move(layers);
  plan.spec.runtime_directory = runtime.runtime_directory;
  plan.spec.directories = runtime.directories;
  plan.spec.zygote = choose_zygote(*function, runtime);
  plan.spec.standby = choose_standby(*function, runtime, preloads_.of(*function));
  plan.spec.endpoint = ports_.endpoint;
  plan.spec.memory_mb = function->memory_mb;
  plan.spec.ephemeral_storage_mb = function->ephemeral_storage_mb;
  if (function->starts_from_snapshot()) {
    prepare_snap_start(plan, credentials, template_of ? Snapshot{} : snapshots_->find(*function));
  }
  plan.runtime = std::move(runtime);
  plan.function = std::move(function);
  co_return plan;
}

EnvironmentPtr ColdStarter::make_environment(const Plan& plan) {
  const ExecutionEnvironment::Ports ports{ports_.clock,   ports_.executor, ports_.sandbox,
                                          ports_.runtime, ports_.logs,     ports_.metrics};
  auto made =
      std::make_unique<ExecutionEnvironment>(ports, plan.function, plan.stream, plan.tenant_id);
  if (plan.snap_start) made->set_snap_start(*plan.snap_start);
  return made;
}

Task<Result<ColdStarter::Attempt>> ColdStarter::attempt(const Plan& plan,
                                                        EnvironmentPtr environment,
                                                        std::string request_id,
                                                        std::int64_t limit_ms,
                                                        std::stop_token stop) {
  sandbox::EnvironmentSpec spec = plan.spec;
  const std::string id = hex_encode(ports_.random.bytes(16));
  spec.id = id;
  Attempt attempt;
  attempt.began = ports_.clock.monotonic();
  auto starting = environment->start(std::move(spec), stop);
  Status started = co_await std::move(starting);
  if (!started) {
    started.error().message = with_places_of_aws(started.error().message, plan.spec, id);
  }
  auto settling = settle(std::move(attempt), std::move(environment), std::move(started),
                         {.request_id = request_id, .timeout_s = plan.function->timeout_s},
                         limit_ms, std::move(stop));
  co_return co_await std::move(settling);
}

Task<Result<ColdStarter::Attempt>> ColdStarter::settle(Attempt attempt, EnvironmentPtr environment,
                                                       Status started, InvocationFacts facts,
                                                       std::int64_t limit_ms,
                                                       std::stop_token stop) {
  if (!started) {
    const ErrorCode code = started.error().code;
    if (code != ErrorCode::kNotFound && code != ErrorCode::kInvalidArgument) {
      pool_.kill(std::move(environment));
      co_return std::unexpected(started.error());
    }
    attempt.failure = conclude_invalid_entrypoint(started.error().message, facts);
  } else {
    auto initializing = environment->initialize(attempt.began.plus_ms(limit_ms), stop);
    auto outcome = co_await std::move(initializing);
    if (!outcome && outcome.error().code == ErrorCode::kCancelled) {
      pool_.kill(std::move(environment));
      co_return std::unexpected(std::move(outcome.error()));
    }
    if (environment->awaits_restore()) {
      const Monotonic restored = ports_.clock.monotonic();
      auto restoring = environment->restore(restored.plus_ms(kRestoreTimeoutMs), stop);
      outcome = co_await std::move(restoring);
      attempt.hooks_ns = ports_.clock.monotonic().ns - restored.ns;
    }
    const lambda::FunctionVersion& function = *environment->function();
    if (outcome && environment->usable()) {
      if (!function.starts_from_snapshot()) preloads_.note(function, outcome->body);
    } else {
      facts.now = ports_.clock.wall();
      facts.exit = environment->exit();
      facts.extension = environment->extension_failure();
      attempt.failure = conclude_init(std::move(outcome), facts);
    }
  }
  if (attempt.failure) init_failures_.add();
  attempt.duration_ns = ports_.clock.monotonic().ns - attempt.began.ns;
  attempt.environment = std::move(environment);
  co_return attempt;
}

InvokeResult ColdStarter::fail_invocation(Attempt attempt, std::string_view request_id) {
  ExecutionEnvironment& environment = *attempt.environment;
  Conclusion& failure = *attempt.failure;
  FunctionLog& log = environment.log();
  log.init_failed({.duration_ns = attempt.duration_ns,
                   .phase = "invoke",
                   .completion = failure.completion,
                   .error_type = failure.error_type});
  log.start(request_id);
  const lambda::FunctionVersion& function = *environment.function();
  const std::int64_t limit_ns = std::int64_t{function.timeout_s} * 1'000'000'000;
  log.finish({.request_id = request_id,
              .duration_ns = std::min(attempt.duration_ns, limit_ns),
              .memory_mb = function.memory_mb,
              .max_memory_used_mb = environment.max_memory_used_mb(),
              .completion = failure.completion,
              .error_type = failure.error_type},
             failure.log_line, failure.payload.size());
  InvokeResult result;
  result.payload = std::move(failure.payload);
  result.function_error = "Unhandled";
  result.executed_version = function.version;
  result.log_tail = log.take_tail();
  pool_.reset(std::move(attempt.environment));
  return result;
}

Task<aws::ApiResult<ColdStart>> ColdStarter::resume(EnvironmentPtr environment,
                                                    std::string request_id, bool tail_log,
                                                    std::stop_token stop) {
  const lambda::FunctionVersionPtr function = environment->function();
  std::string tenant_id = environment->tenant_id();
  if (tail_log) environment->log().begin_tail();
  auto resuming = initialize_again(std::move(environment), request_id, stop);
  auto resumed = co_await std::move(resuming);
  if (resumed) co_return std::move(*resumed);
  if (stop.stop_requested()) co_return aws::fail(start_failed(resumed.error()));
  log::warn("invoke", "a new environment: " + resumed.error().message);
  auto starting =
      start(function, std::move(request_id), std::move(tenant_id), tail_log, std::move(stop));
  co_return co_await std::move(starting);
}

Task<Result<ColdStart>> ColdStarter::initialize_again(EnvironmentPtr environment,
                                                      std::string request_id,
                                                      std::stop_token stop) {
  const int timeout_s = environment->function()->timeout_s;
  Attempt attempt;
  attempt.began = ports_.clock.monotonic();
  auto restarting = environment->restart(stop);
  Status restarted = co_await std::move(restarting);
  auto settling = settle(std::move(attempt), std::move(environment), std::move(restarted),
                         {.request_id = request_id, .timeout_s = timeout_s},
                         std::int64_t{timeout_s} * 1000, std::move(stop));
  KILN_CO_TRY(Attempt attempted, co_await std::move(settling));
  co_return conclude_suppressed(std::move(attempted), request_id);
}

// Of an initialisation inside the invocation.
ColdStart ColdStarter::conclude_suppressed(Attempt attempted, std::string_view request_id) {
  ColdStart cold;
  if (attempted.failure) {
    cold.failed = fail_invocation(std::move(attempted), request_id);
  } else {
    cold.environment = std::move(attempted.environment);
    cold.invocation_began = attempted.began;
  }
  return cold;
}

}  // namespace kiln::invoke
