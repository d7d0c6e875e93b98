// SPDX-License-Identifier: Apache-2.0
#pragma once
// ColdStarter makes an environment for an invocation that found none idle.
//
// Initialisation may take 10 s. When it fails or does not end, the environment is reset and
// initialises again inside the invocation, under the function's timeout ("suppressed init"); when
// that fails too, the failure is the invocation's result. Where the sandbox cannot reset, a second
// environment does.
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html

#include "async/clock.h"
#include "base/random.h"
#include "iam/credentials.h"
#include "iam/role_directory.h"
#include "invoke/conclusion.h"
#include "invoke/environment_pool.h"
#include "invoke/invoker.h"
#include "invoke/log_sink.h"
#include "invoke/preload_memory.h"
#include "invoke/runtime_catalog.h"
#include "invoke/runtime_port.h"
#include "invoke/snapshot_store.h"
#include "lambda/function_directory.h"
#include "lambda/model/vpc.h"
#include "lambda/snapshots.h"
#include "sandbox/sandbox.h"

#include <optional>
#include <string>

namespace kiln::invoke {

inline constexpr std::int64_t kInitTimeoutMs = 10'000;
// For the hooks after a restore. https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html
inline constexpr std::int64_t kRestoreTimeoutMs = 10'000;
inline constexpr std::int64_t kCredentialsLifeMs = 12 * 60 * 60 * 1000;

struct ColdStartPorts {
  Clock& clock;
  Executor& executor;
  Random& random;
  Metrics& metrics;
  sandbox::Sandbox& sandbox;
  RuntimePortFactory runtime;
  LogSink& logs;
  lambda::FunctionDirectory& functions;
  const RuntimeCatalog& catalog;
  const iam::SessionTokens& tokens;
  iam::RoleDirectory& roles;
  std::string endpoint;  // Kiln's URL on the host; environments get theirs as AWS_ENDPOINT_URL
  const lambda::VpcDirectory* vpcs = nullptr;  // null: there are none
};

// Exactly one of `environment` and `failed` is set.
struct ColdStart {
  EnvironmentPtr environment;
  std::int64_t init_ns = -1;  // of the first initialisation; -1 when it ran inside the invocation
  std::int64_t restore_ns = -1;  // with SnapStart instead; of it the runtime's part
  std::int64_t billed_restore_ms = 0;
  std::optional<Monotonic> invocation_began;  // when it ran inside the invocation
  std::optional<InvokeResult> failed;
};

class ColdStarter {
 public:
  // `snapshots`: of versions with SnapStart; outlives it.
  ColdStarter(ColdStartPorts ports, EnvironmentPool& pool, SnapshotStore& snapshots);
  // `initialization`: AWS_LAMBDA_INITIALIZATION_TYPE.
  // Errors: TooManyRequestsException (no room), InvalidRuntimeException, ServiceException,
  // SnapStartException, SnapStartTimeoutException.
  Task<aws::ApiResult<ColdStart>> start(lambda::FunctionVersionPtr function, std::string request_id,
                                        std::string tenant_id, bool tail_log, std::stop_token stop,
                                        std::string initialization = "on-demand");
  // Initialises one that was reset ("suppressed init"), or a new one when it cannot be.
  Task<aws::ApiResult<ColdStart>> resume(EnvironmentPtr environment, std::string request_id,
                                         bool tail_log, std::stop_token stop);
  // Initialises a version with SnapStart in an environment that never serves, and keeps what its
  // environments start from, or why they cannot.
  Task<lambda::SnapshotOutcome> take_snapshot(lambda::FunctionVersionPtr function,
                                              std::stop_token stop);
  const ColdStartPorts& ports() const { return ports_; }

 private:
  // What both attempts share.
  struct Plan {
    lambda::FunctionVersionPtr function;
    std::string tenant_id;
    RuntimeCommand runtime;
    LogStreamName stream;
    sandbox::EnvironmentSpec spec;  // without an id
    std::optional<ExecutionEnvironment::SnapStart> snap_start;
    std::string no_snapshot;  // why each environment initialises by itself
    std::string runtime_version_arn() const;
  };
  struct Attempt {
    EnvironmentPtr environment;
    Monotonic began;
    std::int64_t duration_ns = 0;
    std::int64_t hooks_ns =
        -1;  // after the initialisation, of SnapStart; -1: it did not come so far
    std::optional<Conclusion> failure;  // none: ready
  };
  aws::ApiResult<lambda::Egress> reachable(const lambda::FunctionVersion& function) const;
  // `template_of`: for take_snapshot().
  Task<Result<Plan>> plan(lambda::FunctionVersionPtr function, RuntimeCommand runtime,
                          bool template_of = false);
  void prepare_snap_start(Plan& plan, const iam::TemporaryCredentials& credentials,
                          Snapshot snapshot);
  Task<aws::ApiResult<ColdStart>> start_from_snapshot(Plan plan, std::string request_id,
                                                      bool tail_log, std::stop_token stop);
  static aws::ApiError start_failed(const Error& error);
  EnvironmentPtr make_environment(const Plan& plan);
  Task<Result<Attempt>> attempt(const Plan& plan, EnvironmentPtr environment,
                                std::string request_id, std::int64_t limit_ms,
                                std::stop_token stop);
  Task<aws::ApiResult<ColdStart>> again(Plan plan, std::string request_id,
                                        std::optional<std::string> tail, std::stop_token stop);
  // Errors: the environment was of no use and is gone.
  Task<Result<ColdStart>> initialize_again(EnvironmentPtr environment, std::string request_id,
                                           std::stop_token stop);
  ColdStart conclude_suppressed(Attempt attempted, std::string_view request_id);
  // What `attempt` has come to, once the environment started or did not.
  Task<Result<Attempt>> settle(Attempt attempt, EnvironmentPtr environment, Status started,
                               InvocationFacts facts, std::int64_t limit_ms, std::stop_token stop);
  InvokeResult fail_invocation(Attempt attempt, std::string_view request_id);

  ColdStartPorts ports_;
  EnvironmentPool& pool_;
  PreloadMemory preloads_;
  SnapshotStore* const snapshots_;
  Counter& cold_starts_;
  Counter& init_failures_;
};

}  // namespace kiln::invoke
