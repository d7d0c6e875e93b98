// SPDX-License-Identifier: Apache-2.0
#pragma once
// LambdaMeter turns invocations into the metrics of AWS/Lambda and into usage. An invocation costs
// one look into a map; series and keys are made when the numbers are flushed.
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
//
// Metrics: Invocations, Errors, Throttles, Duration, RecursiveInvocationsDropped,
// ProvisionedConcurrencyInvocations, ProvisionedConcurrencySpilloverInvocations,
// ProvisionedConcurrentExecutions, ProvisionedConcurrencyUtilization, and what count() is told of,
// in the dimensions FunctionName; FunctionName and Resource; FunctionName, Resource and
// ExecutedVersion (when an alias was invoked); none (all functions). ConcurrentExecutions of
// functions and of the account and region, UnreservedConcurrentExecutions of the latter.
// Bound: kMaxMeters between two flushes, past which invocations go uncounted and
// kiln_metering_dropped_total moves. Threads: one loop.

#include "base/random.h"
#include "invoke/invocation_observer.h"
#include "lambda/keys.h"
#include "metering/metric_store.h"
#include "metering/usage.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

namespace kiln::metering {

struct UsageOfDay {
  std::int64_t day = 0;  // since 1970
  std::string function;
  std::string architecture;
  Usage usage;
};

class LambdaMeter final : public invoke::InvocationObserver {
 public:
  static constexpr std::size_t kMaxMeters = 20'000;

  // `metrics` flushes what the meter collects. References outlive *this.
  LambdaMeter(MetricStore& metric_store, store::Store& store, Clock& clock, Random& random,
              Metrics& metrics);

  void began(const lambda::FunctionVersion& function, const invoke::RunningSeen& running) override;
  void ended(const invoke::InvocationSeen& seen) override;
  void throttled(const lambda::FunctionVersion& function, std::string_view invoked_arn) override;
  void recursion_stopped(const lambda::FunctionVersion& function,
                         std::string_view invoked_arn) override;
  void kept(const lambda::FunctionVersion& function, std::int64_t environment_ms) override;
  // Any other metric of a function: AsyncEventsReceived and the like.
  void count(const lambda::FunctionKey& function, std::string_view qualifier,
             std::string_view metric, double value, std::string_view unit);
  // A request to the function's URL that was answered.
  void url_request(const lambda::FunctionKey& function, std::string_view qualifier, int status,
                   double latency_ms);

  // Usage is written every kFlushEveryMs of MetricStore, and by stop().
  void start();
  Task<void> stop();
  // Writes usage; metrics are MetricStore's.
  Task<Status> flush(store::Durability durability);
  // Of days [from, to), summed over servers.
  Task<Result<std::vector<UsageOfDay>>> usage(std::string account, std::string region,
                                              std::int64_t from_day, std::int64_t to_day);

 private:
  struct Meter {
    std::string account, region, function, resource, version;
    bool by_version = false;
    std::int64_t minute_ms = 0;
    Datapoint invocations, errors, throttles, duration;
    Datapoint on_provisioned, spilled, provisioned_busy, provisioned_use;
  };
  struct Concurrency {
    std::string account, region, function;  // empty function: of the account
    std::int64_t minute_ms = 0;
    Datapoint executions;
    Datapoint unreserved;  // of the account
  };
  struct Count {
    std::string account, region, function, resource, metric;
    std::int64_t minute_ms = 0;
    Datapoint point;
  };
  struct UsagePart {
    std::string writer;
    Usage usage;
    bool dirty = false;
  };
  struct UsageKey {
    std::string account, region;
    std::int64_t day = 0;
    std::string function, architecture;
    auto operator<=>(const UsageKey&) const = default;
  };
  Meter* meter_of(const lambda::FunctionVersion& function, std::string_view invoked_arn,
                  Timestamp at);
  Concurrency* concurrency_of(const lambda::FunctionVersion& function, bool whole);
  void add_usage(const lambda::FunctionVersion& function, Timestamp at, const Usage& usage);
  void collect();
  void collect_counts();
  Task<void> flush_forever(Gate::Pass pass);

  MetricStore& metric_store_;
  store::Store& store_;
  Clock& clock_;
  Counter& dropped_;
  std::string process_;
  std::uint64_t parts_made_ = 0;
  std::string scratch_;  // the key being looked up
  std::unordered_map<std::string, Meter> meters_;
  std::unordered_map<std::string, Concurrency> concurrency_;
  std::unordered_map<std::string, Count> counts_;
  std::map<UsageKey, UsagePart> usage_;
  std::stop_source stop_;
  Gate background_;
};

}  // namespace kiln::metering
