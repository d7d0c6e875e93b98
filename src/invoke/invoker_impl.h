// SPDX-License-Identifier: Apache-2.0
#pragma once
// InvokerImpl: the Invoker of one process. invoker_impl.cc holds the path of a warm invocation,
// cold_start.{h,cc} how an environment comes to be.

#include "async/clock.h"
#include "async/gate.h"
#include "invoke/cold_start.h"
#include "invoke/concurrency.h"
#include "invoke/environment_pool.h"
#include "invoke/invocation_observer.h"
#include "invoke/invoker.h"
#include "invoke/provisioned_pool.h"
#include "invoke/snapshot_maker.h"
#include "invoke/snapshot_store.h"

#include <memory>

namespace kiln::invoke {

struct InvokerOptions {
  PoolLimits pool;
  // New environments of one function: AWS's concurrency scaling rate, 1,000 every 10 seconds.
  // https://docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html
  std::int64_t creation_burst = 1'000;
  std::int64_t creations_per_second = 100;
  std::int64_t snapshot_budget_bytes = std::int64_t{1} << 30;  // of SnapStart
  InvocationObserver* observer = nullptr;                      // outlives the invoker; null: nobody
};

class InvokerImpl final : public Invoker {
 public:
  // Everything in `ports` outlives it; stop() is awaited before it is destroyed.
  InvokerImpl(ColdStartPorts ports, InvokerOptions options);

  Task<aws::ApiResult<InvokeResult>> invoke(lambda::FunctionVersionPtr function,
                                            InvokeRequest request) override;
  // New invocations are refused; running ones end as if the runtime had been stopped.
  Task<void> stop() override;

  const EnvironmentPool& pool() const { return pool_; }
  ProvisionedPool& provisioned() { return provisioned_; }
  SnapshotMaker& snapshots() { return snapshot_maker_; }

 private:
  struct Started {
    Monotonic at{};
    std::int64_t init_ns = -1;
    std::int64_t restore_ns = -1;
    std::int64_t billed_restore_ms = 0;
    Timestamp wall;           // for the observer, as the next
    std::string invoked_arn;  // empty without one
    bool on_provisioned = false;
    ProvisionedSeen provisioned;
  };
  void tell_ended(const lambda::FunctionVersion& function, const Started& started,
                  const InvocationReport& report);
  aws::ApiError tell_throttled(const lambda::FunctionVersion& function,
                               const InvokeRequest& request, aws::ApiError error);
  // After an invocation.
  void give_back(EnvironmentPtr environment, bool reusable);
  // Whether the function may have one more environment now.
  bool may_create(const lambda::FunctionVersion& function);
  runtime_api::Invocation make_invocation(const lambda::FunctionVersion& function,
                                          InvokeRequest& request);
  InvokeResult finish(const lambda::FunctionVersion& function, EnvironmentPtr environment,
                      const Started& started, const InvokeRequest& request,
                      Result<runtime_api::InvokeOutcome> outcome);
  // The same for an environment whose extensions may still be at work when the answer is there.
  struct Settling;
  Task<aws::ApiResult<InvokeResult>> finish_with_extensions(Settling settling, bool tail_log);
  Task<void> settle(Settling settling, std::string* tail);

  Clock& clock_;
  Random& random_;
  const InvokerOptions options_;
  ConcurrencyLimiter concurrency_;
  RateLimiter creations_;
  EnvironmentPool pool_;
  SnapshotStore snapshots_;
  ColdStarter cold_;
  SnapshotMaker snapshot_maker_;
  ProvisionedPool provisioned_;
  Counter& invocations_;
  Counter& function_errors_;
  Counter& timeouts_;
  Counter& recursions_;
  std::stop_source stop_;
  Gate running_;
};

}  // namespace kiln::invoke
