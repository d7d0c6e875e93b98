// SPDX-License-Identifier: Apache-2.0
// SnapStart: a version is initialised once, and its environments start from there.
// https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html
#include "base/encoding.h"
#include "base/log.h"
#include "base/time.h"
#include "gen/lambda/errors.h"
#include "invoke/cold_start.h"
#include "invoke/concurrency.h"
#include "sandbox/snapshot_file.h"

#include <algorithm>
#include <utility>

namespace kiln::invoke {
namespace {

// While a version is published: 130 s or the function's timeout.
constexpr std::int64_t kPublishInitMs = 130'000;
std::int64_t init_limit_ms(const lambda::FunctionVersion& function) {
  return std::max(kPublishInitMs, std::int64_t{function.timeout_s} * 1000);
}

std::string credentials_document(const iam::TemporaryCredentials& credentials) {
  std::string out = "{\"AccessKeyId\":";
  append_json_string(out, credentials.access_key_id);
  out += ",\"SecretAccessKey\":";
  append_json_string(out, credentials.secret_access_key);
  out += ",\"Token\":";
  append_json_string(out, credentials.session_token);
  out += ",\"Expiration\":";
  append_json_string(out, format_iso8601(credentials.expiration, false));
  out += '}';
  return out;
}

// StateReasonCode of a version whose initialisation failed.
std::string reason_code(const Conclusion& failure) {
  if (failure.completion == Completion::kTimeout) return "FunctionError.InitTimeout";
  if (failure.error_type == "Runtime.OutOfMemory") return "FunctionError.InitResourceExhausted";
  if (failure.error_type == "Runtime.InvalidEntrypoint") return "FunctionError.InvalidEntryPoint";
  if (failure.error_type.starts_with("Extension.")) return "FunctionError.ExtensionInitError";
  if (failure.error_type.starts_with("Runtime.")) return "FunctionError.RuntimeInitError";
  return "FunctionError";
}

std::string reason_text(const Conclusion& failure) {
  if (failure.completion == Completion::kTimeout)
    return "The initialization of the function did not end in time.";
  return "The function failed to initialize: " + failure.error_type +
         ". See its log for the cause.";
}

aws::ApiError restore_failed(const Conclusion& failure) {
  if (failure.completion == Completion::kTimeout) {
    return gen::lambda::snap_start_timeout_exception(
        "Lambda couldn't restore the snapshot within the timeout limit.");
  }
  return gen::lambda::snap_start_exception(
      "The afterRestore() runtime hook encountered an error. For more information, check the "
      "Amazon CloudWatch logs.");
}

}  // namespace

void ColdStarter::prepare_snap_start(Plan& plan, const iam::TemporaryCredentials& credentials,
                                     Snapshot snapshot) {
  std::string token = std::move(snapshot.token);
  if (token.empty()) token = hex_encode(ports_.random.bytes(16));
  auto& variables = plan.spec.platform_variables;
  // As old as the snapshot, or of one environment: not there, as AWS documents.
  std::erase_if(variables, [](const auto& variable) {
    constexpr std::string_view kGone[] = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
                                          "AWS_SESSION_TOKEN", "AWS_LAMBDA_LOG_GROUP_NAME",
                                          "AWS_LAMBDA_LOG_STREAM_NAME"};
    return std::ranges::find(kGone, variable.first) != std::end(kGone);
  });
  variables.emplace_back("AWS_CONTAINER_CREDENTIALS_FULL_URI",
                         "http://{runtime_api}/2021-04-23/credentials");
  variables.emplace_back("AWS_CONTAINER_AUTHORIZATION_TOKEN", token);
  for (auto& [name, value] : variables) {
    if (name == "AWS_LAMBDA_INITIALIZATION_TYPE") value = "snap-start";
  }
  plan.snap_start.emplace(ExecutionEnvironment::SnapStart{
      .token = std::move(token),
      .credentials = [document = credentials_document(credentials)] { return document; }});
  if (snapshot.file) plan.spec.snapshot = {.file = std::move(snapshot.file), .restore = true};
  plan.no_snapshot = std::move(snapshot.reason);
}

Task<aws::ApiResult<ColdStart>> ColdStarter::start_from_snapshot(Plan plan, std::string request_id,
                                                                 bool tail_log,
                                                                 std::stop_token stop) {
  if (!pool_.reserve()) co_return aws::fail(throttled("ConcurrentInvocationLimitExceeded"));
  const bool saved = plan.spec.snapshot.file != nullptr;
  EnvironmentPtr environment = make_environment(plan);
  if (tail_log) environment->log().begin_tail();
  environment->log().restore_start(plan.runtime.version_name, plan.runtime_version_arn());
  if (!saved) {
    environment->log().note(
        "KILN this environment initialises the function by itself: " + plan.no_snapshot + "\n");
  }
  const std::int64_t limit_ms = saved ? kInitTimeoutMs : init_limit_ms(*plan.function);
  auto attempting = attempt(plan, std::move(environment), request_id, limit_ms, stop);
  auto attempted = co_await std::move(attempting);
  if (!attempted) co_return aws::fail(start_failed(attempted.error()));
  FunctionLog& log = attempted->environment->log();
  if (attempted->failure && saved && attempted->hooks_ns < 0 && !stop.stop_requested()) {
    // Not the hooks: what was saved does not live here, as after a change of the host's programs.
    log::warn("invoke", "a snapshot of " + plan.function->qualified_arn() +
                            " is of no use: " + attempted->failure->error_type);
    snapshots_->drop(*plan.function);
    pool_.kill(std::move(attempted->environment));
    plan.spec.snapshot = {};
    plan.no_snapshot = "its snapshot could not be restored";
    auto again = start_from_snapshot(std::move(plan), std::move(request_id), tail_log, stop);
    co_return co_await std::move(again);
  }
  InitReport report{.duration_ns = attempted->duration_ns};
  if (attempted->failure) {
    report.completion = attempted->failure->completion;
    report.error_type = attempted->failure->error_type;
    log.restore_ended(report);
    log.flush();
    aws::ApiError error = restore_failed(*attempted->failure);
    pool_.kill(std::move(attempted->environment));
    co_return aws::fail(std::move(error));
  }
  log.restore_ended(report);
  snapshots_->want(plan.function);
  ColdStart cold;
  cold.restore_ns = attempted->duration_ns;
  cold.billed_restore_ms = (attempted->hooks_ns + 999'999) / 1'000'000;
  cold.environment = std::move(attempted->environment);
  co_return cold;
}

Task<lambda::SnapshotOutcome> ColdStarter::take_snapshot(lambda::FunctionVersionPtr function,
                                                         std::stop_token stop) {
  const auto failed = [](std::string code, std::string reason) {
    return lambda::SnapshotOutcome{.reason_code = std::move(code), .reason = std::move(reason)};
  };
  auto runtime = ports_.catalog.find(function->runtime);
  if (!runtime) {
    co_return failed("InvalidRuntime",
                     "The runtime " + function->runtime + " is not installed on this host.");
  }
  auto egress = reachable(*function);
  if (!egress) co_return failed("InvalidSubnet", egress.error().message);
  auto planning = plan(function, std::move(*runtime), /*template_of=*/true);
  auto planned = co_await std::move(planning);
  if (!planned) co_return failed("InternalError", planned.error().message);
  planned->spec.egress = std::move(*egress);
  planned->snap_start->restores = false;
  planned->spec.zygote = {};
  planned->spec.standby = {};
  std::shared_ptr<sandbox::SnapshotFile> file;
  std::string why_not(ports_.sandbox.no_snapshots());
  if (why_not.empty()) {
    auto created = sandbox::SnapshotFile::create();
    if (!created) co_return failed("InternalError", created.error().message);
    file = std::move(*created);
    planned->spec.snapshot = {.file = file, .restore = false};
    // The file counts as the memory of who writes it.
    planned->spec.memory_mb = 2 * function->memory_mb + 16;
  }
  if (!pool_.reserve()) co_return failed("InternalError", "There is no room for an environment.");
  EnvironmentPtr environment = make_environment(*planned);
  environment->log().init_start(planned->runtime.version_name, planned->runtime_version_arn());
  const std::string token = planned->snap_start->token;
  auto attempting =
      attempt(*planned, std::move(environment), "", init_limit_ms(*function), std::move(stop));
  auto attempted = co_await std::move(attempting);
  if (!attempted) co_return failed("InternalError", attempted.error().message);
  InitReport report{.duration_ns = attempted->duration_ns, .phase = "init"};
  if (attempted->failure) {
    report.completion = attempted->failure->completion;
    report.error_type = attempted->failure->error_type;
  }
  attempted->environment->log().init_reported(report);
  // Awaited: who writes the file has to be gone before it is sealed.
  auto ending = attempted->environment->stop(0);
  co_await std::move(ending);
  attempted->environment.reset();
  pool_.release();
  if (attempted->failure)
    co_return failed(reason_code(*attempted->failure), reason_text(*attempted->failure));
  if (file) {
    const auto sealed = file->seal(std::int64_t{function->memory_mb} << 20);
    if (!sealed) why_not = sealed.error().message;
  }
  if (why_not.empty()) {
    snapshots_->keep(*function, std::move(file), token);
  } else {
    snapshots_->refuse(*function, std::move(why_not));
  }
  co_return lambda::SnapshotOutcome{.active = true};
}

}  // namespace kiln::invoke
