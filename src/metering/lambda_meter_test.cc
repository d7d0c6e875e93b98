// SPDX-License-Identifier: Apache-2.0
#include "metering/lambda_meter.h"

#include "async/fake_clock.h"
#include "async/loop.h"
#include "metering/async_meter.h"
#include "store/memory/memory_store.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>

namespace kiln::metering {
namespace {

template <class T>
Task<void> keep(Task<T> task, std::optional<T>& out) {
  out = co_await task;
}

struct LambdaMeterTest : testing::Test {
  LambdaMeterTest() {
    function.account = "1";
    function.region = "r";
    function.name = "f";
    function.version = "3";
    function.memory_mb = 512;
  }
  template <class T>
  T await(Task<T> task) {
    std::optional<T> out;
    loop.run_until_complete(keep(std::move(task), out));
    return std::move(*out);
  }
  // The one point of a metric; without a value when there is none.
  Datapoint point(std::string name, Dimensions dimensions) {
    EXPECT_TRUE(await(metrics.flush(store::Durability::kOnDisk)));
    const Series series{"1", "r", "AWS/Lambda", std::move(name), std::move(dimensions)};
    const auto points =
        await(metrics.read(series, Resolution::kMinute, {0}, {clock.wall().ms + 1}, 10));
    EXPECT_TRUE(points);
    EXPECT_LE(points->size(), 1u);
    return points->empty() ? Datapoint() : points->front().point;
  }
  invoke::InvocationSeen seen() {
    return {.function = function,
            .invoked_arn = arn,
            .began = clock.wall(),
            .duration_ns = 250'000'000,
            .billed_ms = 250};
  }
  Usage usage() {
    const std::int64_t today = clock.wall().ms / 86'400'000;
    const auto found = await(meter.usage("1", "r", today, today + 1));
    EXPECT_TRUE(found && found->size() == 1);
    return found->front().usage;
  }

  Loop loop;
  FakeClock clock;
  SeededRandom random{1};
  Metrics counters;
  std::unique_ptr<store::Store> store = store::make_memory_store(clock, loop);
  MetricStore metrics{*store, clock, random, counters};
  LambdaMeter meter{metrics, *store, clock, random, counters};
  lambda::FunctionVersion function;
  const std::string arn = "arn:aws:lambda:r:1:function:f:live";
  const Dimensions by_name{{"FunctionName", "f"}};
  const Dimensions by_alias{{"FunctionName", "f"}, {"Resource", "f:live"}};
};

TEST_F(LambdaMeterTest, an_invocation_is_counted_in_every_dimension_and_billed) {
  auto failed = seen();
  failed.completion = invoke::Completion::kError;
  meter.ended(failed);
  meter.throttled(function, arn);
  Dimensions by_version = by_alias;
  by_version["ExecutedVersion"] = "3";
  for (const Dimensions& dimensions : {Dimensions(), by_name, by_alias, by_version}) {
    EXPECT_EQ(point("Errors", dimensions).sum, 1);
    EXPECT_EQ(point("Throttles", dimensions).sum, 1);
    EXPECT_EQ(point("Duration", dimensions).maximum, 250);
  }
  EXPECT_EQ(usage().requests, 1);
  EXPECT_EQ(usage().memory_mb_ms, 250 * 512);
}

TEST_F(LambdaMeterTest, concurrency_is_that_of_the_function_and_of_the_account) {
  meter.began(function, {.of_function = 2, .of_account = 5, .of_unreserved = 3});
  EXPECT_EQ(point("ConcurrentExecutions", by_name).maximum, 2);
  EXPECT_EQ(point("ConcurrentExecutions", {}).maximum, 5);
  EXPECT_EQ(point("UnreservedConcurrentExecutions", {}).maximum, 3);
  EXPECT_EQ(point("UnreservedConcurrentExecutions", by_name).count, 0);
}

TEST_F(LambdaMeterTest, a_function_with_a_reservation_is_not_among_the_unreserved) {
  meter.began(function, {.of_function = 1, .of_account = 1});
  EXPECT_EQ(point("ConcurrentExecutions", {}).maximum, 1);
  EXPECT_EQ(point("UnreservedConcurrentExecutions", {}).count, 0);
}

TEST_F(LambdaMeterTest, provisioned_concurrency_says_how_much_of_it_is_used_and_what_spills_over) {
  auto first = seen();
  first.on_provisioned = true;
  first.provisioned = {.busy = 1, .allocated = 4};
  meter.ended(first);
  first.provisioned.busy = 3;
  meter.ended(first);
  auto beyond = seen();
  beyond.provisioned = {.busy = 4, .allocated = 4, .spilled = true};
  meter.ended(beyond);
  EXPECT_EQ(point("ProvisionedConcurrencyInvocations", by_alias).sum, 2);
  EXPECT_EQ(point("ProvisionedConcurrencySpilloverInvocations", by_alias).sum, 1);
  EXPECT_EQ(point("ProvisionedConcurrentExecutions", by_alias).maximum, 3);
  EXPECT_EQ(point("ProvisionedConcurrencyUtilization", by_alias).maximum, 0.75);
  EXPECT_EQ(point("Invocations", by_alias).sum, 3);
}

TEST_F(LambdaMeterTest, time_in_and_of_provisioned_environments_has_prices_of_its_own) {
  auto run = seen();
  run.on_provisioned = true;
  meter.ended(run);
  meter.kept(function, 2'000);
  EXPECT_EQ(usage().memory_mb_ms, 0);
  EXPECT_EQ(usage().provisioned_run_mb_ms, 250 * 512);
  EXPECT_EQ(usage().provisioned_mb_ms, 2'000 * 512);
}

TEST_F(LambdaMeterTest, requests_to_urls_are_counted_by_how_they_ended) {
  const lambda::FunctionKey key{.account = "1", .region = "r", .name = "f"};
  meter.url_request(key, "live", 200, 10);
  meter.url_request(key, "live", 404, 20);
  meter.url_request(key, "live", 502, 60);
  for (const Dimensions& dimensions : {Dimensions(), by_name, by_alias}) {
    EXPECT_EQ(point("UrlRequestCount", dimensions).sum, 3);
    EXPECT_EQ(point("Url4xxCount", dimensions).sum, 1);
    EXPECT_EQ(point("Url5xxCount", dimensions).sum, 1);
    EXPECT_EQ(point("UrlRequestLatency", dimensions).average(), 30);
  }
}

TEST_F(LambdaMeterTest, asynchronous_events_are_counted_by_what_becomes_of_them) {
  AsyncMeter async(meter);
  const invoke::AsyncResource of{.function = {"1", "r", "f"}, .qualifier = "live"};
  async.received(of);
  async.age(of, 1'500);
  async.dropped(of);
  async.dead_letter_failed(of);
  async.destination_failed(of);
  for (const char* name : {"AsyncEventsReceived", "AsyncEventsDropped", "DeadLetterErrors",
                           "DestinationDeliveryFailures"}) {
    EXPECT_EQ(point(name, by_name).sum, 1) << name;
  }
  EXPECT_EQ(point("AsyncEventAge", by_alias).maximum, 1'500);
  EXPECT_EQ(point("AsyncEventAge", by_alias).unit, "Milliseconds");
}

TEST_F(LambdaMeterTest, a_loop_that_is_stopped_is_counted) {
  meter.recursion_stopped(function, arn);
  EXPECT_EQ(point("RecursiveInvocationsDropped", by_alias).sum, 1);
}

TEST_F(LambdaMeterTest, more_names_than_it_may_hold_are_dropped_and_that_is_counted) {
  for (std::size_t i = 0; i <= LambdaMeter::kMaxMeters; ++i) {
    meter.count({.account = "1", .region = "r", .name = std::to_string(i)}, "", "m", 1, "Count");
  }
  EXPECT_EQ(counters.counter("kiln_metering_dropped_total").value(), 1);
}

}  // namespace
}  // namespace kiln::metering
