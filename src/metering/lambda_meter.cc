// SPDX-License-Identifier: Apache-2.0
#include "metering/lambda_meter.h"

#include "async/executor.h"
#include "base/log.h"
#include "metering/keys.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

namespace kiln::metering {
namespace {

constexpr std::int64_t kDayMs = 24 * kHourMs;
constexpr int kFreeStorageMb = 512;

std::int64_t minute_of(Timestamp at) { return at.ms / kMinuteMs * kMinuteMs; }

// What follows "function:" in the ARN: "name" or "name:qualifier".
std::string_view resource_of(std::string_view invoked_arn, std::string_view name) {
  const auto at = invoked_arn.find(":function:");
  return at == std::string_view::npos ? name : invoked_arn.substr(at + 10);
}

bool is_version(std::string_view qualifier) {
  return qualifier == "$LATEST" ||
         std::ranges::all_of(qualifier, [](char c) { return c >= '0' && c <= '9'; });
}

void fill_key(std::string& key, std::initializer_list<std::string_view> parts,
              std::int64_t minute) {
  key.clear();
  for (const std::string_view part : parts) key.append(part).push_back('\0');
  key.append(std::to_string(minute));
}

}  // namespace

LambdaMeter::LambdaMeter(MetricStore& metric_store, store::Store& store, Clock& clock,
                         Random& random, Metrics& metrics)
    : metric_store_(metric_store),
      store_(store),
      clock_(clock),
      dropped_(metrics.counter("kiln_metering_dropped_total")),
      process_(random.uuid()) {
  metric_store_.on_flush([this] { collect(); });
}

LambdaMeter::Meter* LambdaMeter::meter_of(const lambda::FunctionVersion& function,
                                          std::string_view invoked_arn, Timestamp at) {
  const std::int64_t minute = minute_of(at);
  const std::string_view resource = resource_of(invoked_arn, function.name);
  fill_key(scratch_, {function.account, function.region, resource, function.version}, minute);
  if (const auto it = meters_.find(scratch_); it != meters_.end()) return &it->second;
  if (meters_.size() >= kMaxMeters) {
    dropped_.add();
    return nullptr;
  }
  Meter meter{.account = function.account,
              .region = function.region,
              .function = function.name,
              .resource = std::string(resource),
              .version = function.version,
              .minute_ms = minute};
  const auto colon = resource.find(':');
  meter.by_version = colon != std::string_view::npos && !is_version(resource.substr(colon + 1));
  for (Datapoint* point : {&meter.invocations, &meter.errors, &meter.throttles,
                           &meter.on_provisioned, &meter.spilled, &meter.provisioned_busy}) {
    point->unit = "Count";
  }
  meter.provisioned_use.unit = "None";
  meter.duration.unit = "Milliseconds";
  return &meters_.emplace(scratch_, std::move(meter)).first->second;
}

LambdaMeter::Concurrency* LambdaMeter::concurrency_of(const lambda::FunctionVersion& function,
                                                      bool whole) {
  const std::int64_t minute = minute_of(clock_.wall());
  const std::string_view name = whole ? std::string_view() : function.name;
  fill_key(scratch_, {function.account, function.region, name}, minute);
  if (const auto it = concurrency_.find(scratch_); it != concurrency_.end()) return &it->second;
  if (concurrency_.size() >= kMaxMeters) {
    dropped_.add();
    return nullptr;
  }
  Concurrency fresh{.account = function.account,
                    .region = function.region,
                    .function = std::string(name),
                    .minute_ms = minute};
  fresh.executions.unit = "Count";
  fresh.unreserved.unit = "Count";
  return &concurrency_.emplace(scratch_, std::move(fresh)).first->second;
}

void LambdaMeter::began(const lambda::FunctionVersion& function,
                        const invoke::RunningSeen& running) {
  if (Concurrency* of_function = concurrency_of(function, false)) {
    of_function->executions.add(static_cast<double>(running.of_function));
  }
  Concurrency* of_account = concurrency_of(function, true);
  if (!of_account) return;
  of_account->executions.add(static_cast<double>(running.of_account));
  if (running.of_unreserved >= 0) {
    of_account->unreserved.add(static_cast<double>(running.of_unreserved));
  }
}

void LambdaMeter::ended(const invoke::InvocationSeen& seen) {
  if (Meter* meter = meter_of(seen.function, seen.invoked_arn, seen.began)) {
    meter->invocations.add(1);
    meter->errors.add(seen.completion == invoke::Completion::kSuccess ? 0 : 1);
    meter->duration.add(static_cast<double>(seen.duration_ns) / 1e6);
    const invoke::ProvisionedSeen& provisioned = seen.provisioned;
    if (provisioned.spilled) meter->spilled.add(1);
    if (seen.on_provisioned) {
      meter->on_provisioned.add(1);
      meter->provisioned_busy.add(provisioned.busy);
      if (provisioned.allocated > 0) {
        meter->provisioned_use.add(static_cast<double>(provisioned.busy) / provisioned.allocated);
      }
    }
  }
  const std::int64_t memory_mb_ms = seen.billed_ms * seen.function.memory_mb;
  const int storage_mb = std::max(0, seen.function.ephemeral_storage_mb - kFreeStorageMb);
  add_usage(seen.function, seen.began,
            {.requests = 1,
             .billed_ms = seen.billed_ms,
             .memory_mb_ms = seen.on_provisioned ? 0 : memory_mb_ms,
             .init_ms = seen.init_ns < 0 ? 0 : (seen.init_ns + 999'999) / 1'000'000,
             .storage_mb_ms = seen.billed_ms * storage_mb,
             .provisioned_run_mb_ms = seen.on_provisioned ? memory_mb_ms : 0});
}

void LambdaMeter::throttled(const lambda::FunctionVersion& function, std::string_view invoked_arn) {
  if (Meter* meter = meter_of(function, invoked_arn, clock_.wall())) meter->throttles.add(1);
}

void LambdaMeter::recursion_stopped(const lambda::FunctionVersion& function,
                                    std::string_view invoked_arn) {
  const std::string_view resource = resource_of(invoked_arn, function.name);
  const auto colon = resource.find(':');
  count({function.account, function.region, function.name},
        colon == std::string_view::npos ? "" : resource.substr(colon + 1),
        "RecursiveInvocationsDropped", 1, "Count");
}

void LambdaMeter::count(const lambda::FunctionKey& function, std::string_view qualifier,
                        std::string_view metric, double value, std::string_view unit) {
  const std::int64_t minute = minute_of(clock_.wall());
  fill_key(scratch_, {function.account, function.region, function.name, qualifier, metric}, minute);
  auto it = counts_.find(scratch_);
  if (it == counts_.end()) {
    if (counts_.size() >= kMaxMeters) {
      dropped_.add();
      return;
    }
    Count fresh{.account = function.account,
                .region = function.region,
                .function = function.name,
                .resource = function.name,
                .metric = std::string(metric),
                .minute_ms = minute};
    if (!qualifier.empty()) fresh.resource.append(":").append(qualifier);
    fresh.point.unit = unit;
    it = counts_.emplace(scratch_, std::move(fresh)).first;
  }
  it->second.point.add(value);
}

void LambdaMeter::url_request(const lambda::FunctionKey& function, std::string_view qualifier,
                              int status, double latency_ms) {
  count(function, qualifier, "UrlRequestCount", 1, "Count");
  count(function, qualifier, "Url4xxCount", status >= 400 && status < 500 ? 1 : 0, "Count");
  count(function, qualifier, "Url5xxCount", status >= 500 ? 1 : 0, "Count");
  count(function, qualifier, "UrlRequestLatency", latency_ms, "Milliseconds");
}

void LambdaMeter::kept(const lambda::FunctionVersion& function, std::int64_t environment_ms) {
  add_usage(function, clock_.wall(), {.provisioned_mb_ms = environment_ms * function.memory_mb});
}

void LambdaMeter::add_usage(const lambda::FunctionVersion& function, Timestamp at,
                            const Usage& usage) {
  UsageKey key{function.account, function.region, at.ms / kDayMs, function.name,
               function.architecture};
  auto it = usage_.find(key);
  if (it == usage_.end()) {
    if (usage_.size() >= kMaxMeters) {
      dropped_.add();
      return;
    }
    UsagePart part{.writer = process_ + "-" + std::to_string(++parts_made_)};
    it = usage_.emplace(std::move(key), std::move(part)).first;
  }
  it->second.usage += usage;
  it->second.dirty = true;
}

void LambdaMeter::collect() {
  for (auto& [key, meter] : std::exchange(meters_, {})) {
    std::vector<Dimensions> sets = {
        {},
        {{"FunctionName", meter.function}},
        {{"FunctionName", meter.function}, {"Resource", meter.resource}}};
    if (meter.by_version) {
      Dimensions set = sets.back();
      set["ExecutedVersion"] = meter.version;
      sets.push_back(std::move(set));
    }
    const std::pair<const char*, const Datapoint*> points[] = {
        {"Invocations", &meter.invocations},
        {"Errors", &meter.errors},
        {"Duration", &meter.duration},
        {"Throttles", &meter.throttles},
        {"ProvisionedConcurrencyInvocations", &meter.on_provisioned},
        {"ProvisionedConcurrencySpilloverInvocations", &meter.spilled},
        {"ProvisionedConcurrentExecutions", &meter.provisioned_busy},
        {"ProvisionedConcurrencyUtilization", &meter.provisioned_use}};
    for (const auto& [name, point] : points) {
      if (point->count <= 0) continue;
      for (const Dimensions& dimensions : sets) {
        metric_store_.add({meter.account, meter.region, "AWS/Lambda", name, dimensions},
                          {meter.minute_ms}, *point);
      }
    }
  }
  for (auto& [key, seen] : std::exchange(concurrency_, {})) {
    Dimensions dimensions;
    if (!seen.function.empty()) dimensions["FunctionName"] = seen.function;
    metric_store_.add({seen.account, seen.region, "AWS/Lambda", "ConcurrentExecutions", dimensions},
                      {seen.minute_ms}, seen.executions);
    if (seen.unreserved.count <= 0) continue;
    metric_store_.add(
        {seen.account, seen.region, "AWS/Lambda", "UnreservedConcurrentExecutions", {}},
        {seen.minute_ms}, seen.unreserved);
  }
  collect_counts();
}

void LambdaMeter::collect_counts() {
  for (auto& [key, seen] : std::exchange(counts_, {})) {
    const Dimensions sets[] = {{},
                               {{"FunctionName", seen.function}},
                               {{"FunctionName", seen.function}, {"Resource", seen.resource}}};
    for (const Dimensions& dimensions : sets) {
      metric_store_.add({seen.account, seen.region, "AWS/Lambda", seen.metric, dimensions},
                        {seen.minute_ms}, seen.point);
    }
  }
}

void LambdaMeter::start() { spawn(flush_forever(background_.enter())); }

Task<void> LambdaMeter::stop() {
  stop_.request_stop();
  auto closed = background_.closed();
  co_await closed;
  auto flushing = flush(store::Durability::kOnDisk);
  if (const Status flushed = co_await flushing; !flushed) {
    log::warn("metering", "the last usage is lost: " + flushed.error().message);
  }
}

Task<void> LambdaMeter::flush_forever(Gate::Pass) {
  while (!stop_.stop_requested()) {
    auto sleeping = sleep_ms(clock_, MetricStore::kFlushEveryMs, stop_.get_token());
    co_await sleeping;
    auto flushing = flush(store::Durability::kBuffered);
    if (const Status flushed = co_await flushing; !flushed) {
      log::warn("metering", "usage is late: " + flushed.error().message);
    }
  }
}

Task<Status> LambdaMeter::flush(store::Durability durability) {
  const std::int64_t today = clock_.wall().ms / kDayMs;
  store::Batch batch;
  batch.durability = durability;
  for (auto it = usage_.begin(); it != usage_.end();) {
    const UsageKey& key = it->first;
    if (it->second.dirty) {
      batch.put(keys::usage(key.account, key.region) +
                    store::key(key.day, key.function, key.architecture, it->second.writer),
                encode(it->second.usage));
      it->second.dirty = false;
    }
    // A day that is over is not rewritten; what comes late for it begins a part of its own.
    it = key.day < today ? usage_.erase(it) : std::next(it);
  }
  if (batch.writes.empty()) co_return Status{};
  auto committing = store_.commit(std::move(batch));
  co_return co_await committing;
}

Task<Result<std::vector<UsageOfDay>>> LambdaMeter::usage(std::string account, std::string region,
                                                         std::int64_t from_day,
                                                         std::int64_t to_day) {
  auto flushing = flush(store::Durability::kBuffered);
  KILN_CO_TRY_VOID(co_await flushing);
  const std::string prefix = keys::usage(account, region);
  store::Range range{.begin = prefix + store::key(from_day), .end = prefix + store::key(to_day)};
  std::vector<UsageOfDay> out;
  for (bool more = true; more;) {
    auto scanning = store_.scan(range);
    KILN_CO_TRY(const auto entries, co_await scanning);
    for (const store::Entry& entry : entries) {
      store::KeyReader key(std::string_view(entry.key).substr(prefix.size()));
      UsageOfDay of_day;
      KILN_CO_TRY(of_day.day, key.next_integer());
      KILN_CO_TRY(of_day.function, key.next_string());
      KILN_CO_TRY(of_day.architecture, key.next_string());
      KILN_CO_TRY(of_day.usage, decode_usage(entry.value));
      if (!out.empty() && out.back().day == of_day.day && out.back().function == of_day.function &&
          out.back().architecture == of_day.architecture) {
        out.back().usage += of_day.usage;
      } else {
        out.push_back(std::move(of_day));
      }
    }
    more = entries.size() == store::kMaxScanEntries;
    if (more) range.begin = entries.back().key + '\0';
  }
  co_return out;
}

}  // namespace kiln::metering
