// SPDX-License-Identifier: Apache-2.0
#include "invoke/invoker_impl.h"

#include "invoke/lineage.h"
#include "invoke/tenant.h"
#include "invoke/trace_header.h"

#include <algorithm>
#include <utility>

namespace kiln::invoke {

// What an invocation leaves to do after its answer.
struct InvokerImpl::Settling {
  Gate::Pass pass;
  ConcurrencyLimiter::Lease lease;
  lambda::FunctionVersionPtr function;
  EnvironmentPtr environment;
  Started started;
  Monotonic deadline{};
  std::string request_id;
  Conclusion conclusion;  // without its payload
  std::size_t produced_bytes = 0;

  InvocationReport report(std::int64_t duration_ns) const {
    return {.request_id = request_id,
            .duration_ns = duration_ns,
            .init_ns = started.init_ns,
            .restore_ns = started.restore_ns,
            .billed_restore_ms = started.billed_restore_ms,
            .memory_mb = function->memory_mb,
            .max_memory_used_mb = environment->max_memory_used_mb(),
            .completion = conclusion.completion,
            .error_type = conclusion.error_type};
  }
};

InvokerImpl::InvokerImpl(ColdStartPorts ports, InvokerOptions options)
    : clock_(ports.clock),
      random_(ports.random),
      options_(options),
      concurrency_(ports.clock, ports.metrics),
      pool_(ports.clock, ports.metrics, options.pool),
      snapshots_(clock_, ports.metrics, options.snapshot_budget_bytes),
      cold_(std::move(ports), pool_, snapshots_),
      snapshot_maker_(clock_, cold_, snapshots_),
      provisioned_(clock_, cold_.ports().metrics, cold_, pool_, options.pool, options.observer),
      invocations_(cold_.ports().metrics.counter("kiln_invocations_total")),
      function_errors_(cold_.ports().metrics.counter("kiln_invoke_function_errors_total")),
      timeouts_(cold_.ports().metrics.counter("kiln_invoke_timeouts_total")),
      recursions_(cold_.ports().metrics.counter("kiln_invoke_recursions_stopped_total")) {}

Task<aws::ApiResult<InvokeResult>> InvokerImpl::invoke(lambda::FunctionVersionPtr function,
                                                       InvokeRequest request) {
  if (stop_.stop_requested())
    co_return aws::fail(aws::ApiError{"ServiceException", 500, "The server is shutting down."});
  // Also for events that other services send, which have no tenant to name.
  if (auto good = check_tenant(*function, request.tenant_id); !good)
    co_return aws::fail(std::move(good.error()));
  if (!request.allows_recursion && hops_of(request.trace_header, function->arn()) >= kMaxHops) {
    recursions_.add();
    if (options_.observer) options_.observer->recursion_stopped(*function, request.invoked_arn);
    co_return aws::fail(recursive_invocation());
  }
  Gate::Pass pass = running_.enter();
  EnvironmentPtr environment;
  if (request.tenant_id.empty()) environment = provisioned_.take(*function);
  auto lease = concurrency_.acquire(*function, request.concurrency, environment != nullptr);
  if (!lease && environment) provisioned_.put_back(std::move(environment), true);
  if (!lease) co_return aws::fail(tell_throttled(*function, request, std::move(lease.error())));
  invocations_.add();

  Started started{.wall = clock_.wall()};
  if (options_.observer) {
    started.invoked_arn = request.invoked_arn;
    started.on_provisioned = environment != nullptr;
    started.provisioned = provisioned_.use(*function, started.on_provisioned);
    options_.observer->began(*function, {.of_function = lease->of_function(),
                                         .of_account = lease->of_account(),
                                         .of_unreserved = lease->of_unreserved()});
  }
  std::optional<Monotonic> began;
  if (!environment) environment = pool_.take(*function, request.tenant_id);
  if (environment && !environment->awaits_restart()) {
    if (request.tail_log) environment->log().begin_tail();
  } else {
    if (!environment && !may_create(*function))
      co_return aws::fail(
          tell_throttled(*function, request, throttled("ConcurrentInvocationLimitExceeded")));
    auto starting = environment ? cold_.resume(std::move(environment), request.request_id,
                                               request.tail_log, stop_.get_token())
                                : cold_.start(function, request.request_id, request.tenant_id,
                                              request.tail_log, stop_.get_token());
    auto cold = co_await std::move(starting);
    if (!cold) co_return aws::fail(tell_throttled(*function, request, std::move(cold.error())));
    if (cold->failed) {
      function_errors_.add();
      tell_ended(*function, started,
                 {.duration_ns = (clock_.wall().ms - started.wall.ms) * 1'000'000,
                  .completion = Completion::kError});
      co_return std::move(*cold->failed);
    }
    environment = std::move(cold->environment);
    started.init_ns = cold->init_ns;
    started.restore_ns = cold->restore_ns;
    started.billed_restore_ms = cold->billed_restore_ms;
    began = cold->invocation_began;
  }
  const Monotonic now = clock_.monotonic();
  started.at = began.value_or(now);
  const std::int64_t timeout_ms = std::int64_t{function->timeout_s} * 1000;
  const Monotonic deadline = started.at.plus_ms(timeout_ms);
  runtime_api::Invocation invocation = make_invocation(*function, request);
  invocation.deadline_ms = clock_.wall().ms + (deadline.ns - now.ns) / 1'000'000;
  environment->log().start(request.request_id, invocation.trace_id);
  auto running = environment->invoke(std::move(invocation), deadline, stop_.get_token());
  auto outcome = co_await std::move(running);
  if (environment->has_extensions()) {
    Conclusion conclusion =
        conclude(std::move(outcome), {.request_id = request.request_id,
                                      .timeout_s = function->timeout_s,
                                      .now = clock_.wall(),
                                      .exit = environment->exit(),
                                      .extension = environment->extension_failure()});
    auto finishing = finish_with_extensions(
        Settling{std::move(pass), std::move(*lease), std::move(function), std::move(environment),
                 started, deadline, std::move(request.request_id), std::move(conclusion)},
        request.tail_log);
    co_return co_await std::move(finishing);
  }
  co_return finish(*function, std::move(environment), started, request, std::move(outcome));
}

void InvokerImpl::tell_ended(const lambda::FunctionVersion& function, const Started& started,
                             const InvocationReport& report) {
  if (!options_.observer) return;
  options_.observer->ended({.function = function,
                            .invoked_arn = started.invoked_arn,
                            .began = started.wall,
                            .duration_ns = report.duration_ns,
                            .init_ns = report.init_ns,
                            .billed_ms = billed_ms(report),
                            .completion = report.completion,
                            .on_provisioned = started.on_provisioned,
                            .provisioned = started.provisioned});
}

aws::ApiError InvokerImpl::tell_throttled(const lambda::FunctionVersion& function,
                                          const InvokeRequest& request, aws::ApiError error) {
  if (options_.observer && error.http_status == 429) {
    options_.observer->throttled(function, request.invoked_arn);
  }
  return error;
}

void InvokerImpl::give_back(EnvironmentPtr environment, bool reusable) {
  if (provisioned_.owns(environment)) {
    provisioned_.put_back(std::move(environment), reusable);
  } else if (reusable) {
    pool_.put_back(std::move(environment));
  } else {
    pool_.reset(std::move(environment));
  }
}

bool InvokerImpl::may_create(const lambda::FunctionVersion& function) {
  const std::string key = function.account + "/" + function.region + "/" + function.name;
  return creations_.take(key, options_.creations_per_second, options_.creation_burst,
                         clock_.monotonic());
}

runtime_api::Invocation InvokerImpl::make_invocation(const lambda::FunctionVersion& function,
                                                     InvokeRequest& request) {
  runtime_api::Invocation invocation;
  invocation.request_id = request.request_id;
  invocation.invoked_function_arn =
      request.invoked_arn.empty() ? function.arn() : std::move(request.invoked_arn);
  const std::string trace = invocation_trace(
      request.trace_header, function.tracing_mode == "Active", clock_.wall(), random_);
  invocation.trace_id = with_hop(trace, function.arn());
  invocation.tenant_id = std::move(request.tenant_id);
  invocation.client_context = std::move(request.client_context);
  invocation.payload = request.payload.empty() ? "{}" : std::move(request.payload);
  invocation.sink = std::move(request.sink);
  return invocation;
}

InvokeResult InvokerImpl::finish(const lambda::FunctionVersion& function,
                                 EnvironmentPtr environment, const Started& started,
                                 const InvokeRequest& request,
                                 Result<runtime_api::InvokeOutcome> outcome) {
  std::int64_t duration_ns = clock_.monotonic().ns - started.at.ns;
  environment->finished();
  Conclusion conclusion = conclude(std::move(outcome), {.request_id = request.request_id,
                                                        .timeout_s = function.timeout_s,
                                                        .now = clock_.wall(),
                                                        .exit = environment->exit()});
  if (conclusion.completion == Completion::kTimeout) {
    duration_ns = std::int64_t{function.timeout_s} * 1'000'000'000;
    timeouts_.add();
  }
  const InvocationReport report{.request_id = request.request_id,
                                .duration_ns = duration_ns,
                                .init_ns = started.init_ns,
                                .restore_ns = started.restore_ns,
                                .billed_restore_ms = started.billed_restore_ms,
                                .memory_mb = function.memory_mb,
                                .max_memory_used_mb = environment->max_memory_used_mb(),
                                .completion = conclusion.completion,
                                .error_type = conclusion.error_type};
  environment->log().finish(report, conclusion.log_line,
                            conclusion.streamed_bytes + conclusion.payload.size());
  tell_ended(function, started, report);
  InvokeResult result;
  result.payload = std::move(conclusion.payload);
  result.content_type = std::move(conclusion.content_type);
  result.streamed = conclusion.streamed;
  result.stream_error = conclusion.stream_error;
  if (conclusion.completion != Completion::kSuccess) {
    result.function_error = "Unhandled";
    function_errors_.add();
  }
  result.executed_version = function.version;
  if (request.tail_log) result.log_tail = environment->log().take_tail();
  give_back(std::move(environment), conclusion.reusable);
  return result;
}

Task<aws::ApiResult<InvokeResult>> InvokerImpl::finish_with_extensions(Settling settling,
                                                                       bool tail_log) {
  const std::int64_t duration_ns = clock_.monotonic().ns - settling.started.at.ns;
  Conclusion& conclusion = settling.conclusion;
  InvokeResult result;
  result.payload = std::move(conclusion.payload);
  result.content_type = std::move(conclusion.content_type);
  result.streamed = conclusion.streamed;
  result.stream_error = conclusion.stream_error;
  result.executed_version = settling.function->version;
  if (conclusion.completion != Completion::kSuccess) {
    result.function_error = "Unhandled";
    function_errors_.add();
  }
  settling.produced_bytes = conclusion.streamed_bytes + result.payload.size();
  settling.environment->drain_output();
  settling.environment->log().runtime_done(settling.report(duration_ns), settling.produced_bytes);
  if (!tail_log) {
    // The caller need not wait for the extensions.
    spawn(settle(std::move(settling), nullptr));
    co_return result;
  }
  auto waiting = settle(std::move(settling), &result.log_tail);
  co_await std::move(waiting);
  co_return result;
}

Task<void> InvokerImpl::settle(Settling settling, std::string* tail) {
  using runtime_api::ShutdownReason;
  ExecutionEnvironment& environment = *settling.environment;
  Conclusion& conclusion = settling.conclusion;
  const int timeout_s = settling.function->timeout_s;
  if (conclusion.reusable) {
    auto waiting = environment.wait_extensions(settling.deadline, stop_.get_token());
    const Status waited = co_await std::move(waiting);
    if (!waited && waited.error().code == ErrorCode::kTimeout) {
      conclusion = conclude(
          fail(ErrorCode::kTimeout, "extensions"),
          {.request_id = settling.request_id, .timeout_s = timeout_s, .now = clock_.wall()});
    } else if (!waited) {
      conclusion = conclude(
          runtime_api::InvokeOutcome{runtime_api::InvokeOutcome::Kind::kClosed, {}, {}, {}},
          {.request_id = settling.request_id,
           .timeout_s = timeout_s,
           .now = clock_.wall(),
           .exit = environment.exit(),
           .extension = environment.extension_failure()});
    }
  }
  std::int64_t duration_ns = clock_.monotonic().ns - settling.started.at.ns;
  if (conclusion.completion == Completion::kTimeout) {
    duration_ns = std::int64_t{timeout_s} * 1'000'000'000;
    timeouts_.add();
    environment.set_shutdown_reason(ShutdownReason::kTimeout);
  } else if (!conclusion.reusable) {
    environment.set_shutdown_reason(ShutdownReason::kFailure);
  }
  environment.finished();
  const InvocationReport report = settling.report(duration_ns);
  environment.log().finish(report, conclusion.log_line, settling.produced_bytes);
  tell_ended(*settling.function, settling.started, report);
  if (tail != nullptr) *tail = environment.log().take_tail();
  give_back(std::move(settling.environment), conclusion.reusable);
}

Task<void> InvokerImpl::stop() {
  stop_.request_stop();
  co_await running_.closed();
  auto snapshots = snapshot_maker_.stop();
  co_await std::move(snapshots);
  auto ending = provisioned_.stop();
  co_await std::move(ending);
  auto stopping = pool_.stop();
  co_await std::move(stopping);
}

}  // namespace kiln::invoke
