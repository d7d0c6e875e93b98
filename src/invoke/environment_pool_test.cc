// SPDX-License-Identifier: Apache-2.0
#include "invoke/environment_pool.h"

#include "invoke/fakes_for_test.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kiln::invoke {
namespace {

Script hanging() {
  Script script;
  script.handler_hangs = true;
  return script;
}

TEST(EnvironmentPool, AnIdleEnvironmentGoesAfterTenMinutes) {
  Bench bench;
  bench.invoke();
  bench.clock.advance_ms(9 * 60 * 1000);
  bench.settle();
  EXPECT_EQ(bench.sandbox.alive, 1);
  bench.clock.advance_ms(2 * 60 * 1000);
  bench.settle();
  EXPECT_EQ(bench.sandbox.alive, 0);
  EXPECT_EQ(bench.invoker.pool().size(), 0);
  EXPECT_EQ(bench.clock.pending(), 0u);
}

// A bench with idle environments of a, b and c, in this order of their last use, on a host whose
// available memory is `available`; below 100 it is too little.
class ScarceMemory : public ::testing::Test {
 protected:
  static InvokerOptions options(std::int64_t& available) {
    InvokerOptions options;
    options.pool.available_bytes = [&available] { return available; };
    options.pool.min_available_bytes = 100;
    return options;
  }
  void use(const std::string& name) {
    bench.function.name = name;
    bench.invoke();
    bench.clock.advance_ms(10);
    bench.settle();
  }
  void SetUp() override {
    for (const char* name : {"a", "b", "c"}) use(name);
  }
  std::int64_t evicted() {
    return bench.metrics.counter("kiln_environments_evicted_for_memory_total").value();
  }

  std::int64_t available = 100;
  Bench bench{options(available)};
};

TEST_F(ScarceMemory, TheLongestIdleGoFirstUntilThereIsEnough) {
  available = 99;
  bench.clock.advance_ms(15'000);
  bench.settle();
  EXPECT_EQ(bench.sandbox.alive, 2);
  available = 100;
  bench.clock.advance_ms(60'000);
  bench.settle();
  EXPECT_EQ(bench.sandbox.alive, 2);
  EXPECT_EQ(evicted(), 1);
  use("b");
  use("c");
  EXPECT_EQ(bench.sandbox.specs.size(), 3u);
  use("a");
  EXPECT_EQ(bench.sandbox.specs.size(), 4u);
}

TEST_F(ScarceMemory, ANewEnvironmentTakesThePlaceOfTheLongestIdle) {
  available = 99;
  use("d");
  EXPECT_EQ(bench.sandbox.alive, 3);
  EXPECT_EQ(evicted(), 1);
  use("b");
  EXPECT_EQ(bench.sandbox.specs.size(), 4u);
}

TEST_F(ScarceMemory, ABusyEnvironmentStays) {
  bench.scripts.push_back(hanging());
  bench.function.name = "d";
  bench.function.timeout_s = 900;
  bench.begin({});
  available = 0;
  for (int i = 0; i < 20; ++i) {
    bench.clock.advance_ms(15'000);
    bench.settle();
  }
  EXPECT_EQ(bench.sandbox.alive, 1);
  EXPECT_EQ(evicted(), 3);
  EXPECT_TRUE(bench.results.empty());
  bench.clock.advance_ms(600'000);
}

TEST(EnvironmentPool, AnIdleEnvironmentIsFrozenUntilItIsUsedAgain) {
  Bench bench;
  bool frozen_inside = false;
  Script script;
  script.handler = [&](FakeEnvironment& environment, const runtime_api::Invocation&) {
    frozen_inside = frozen_inside || environment.frozen;
    return Result<runtime_api::InvokeOutcome>(runtime_api::InvokeOutcome{});
  };
  bench.scripts.push_back(script);
  bench.invoke();
  bench.clock.advance_ms(49);
  EXPECT_FALSE(bench.sandbox.last->frozen);
  bench.invoke();
  bench.clock.advance_ms(49);
  EXPECT_FALSE(bench.sandbox.last->frozen);
  bench.clock.advance_ms(1);
  EXPECT_TRUE(bench.sandbox.last->frozen);
  bench.invoke();
  EXPECT_FALSE(frozen_inside);
  EXPECT_EQ(bench.sandbox.specs.size(), 1u);
}

TEST(EnvironmentPool, AnUpdatedFunctionGetsANewEnvironment) {
  Bench bench;
  bench.invoke();
  bench.function.revision_id = "r2";
  bench.invoke();
  bench.settle();
  EXPECT_EQ(bench.sandbox.specs.size(), 2u);
  EXPECT_EQ(bench.sandbox.alive, 1);
}

TEST(EnvironmentPool, ABusyOneOfAnOldRevisionGoesAfterItsRequest) {
  Bench bench;
  Script script;
  script.handler = [&bench](FakeEnvironment&, const runtime_api::Invocation&) {
    // The function is updated and used while this one still runs.
    bench.function.revision_id = "r2";
    bench.begin({});
    return Result<runtime_api::InvokeOutcome>(runtime_api::InvokeOutcome{});
  };
  bench.scripts.push_back(script);
  bench.begin({});
  bench.settle();
  EXPECT_EQ(bench.results.size(), 2u);
  EXPECT_EQ(bench.sandbox.alive, 1);
  bench.invoke();
  EXPECT_EQ(bench.sandbox.specs.size(), 2u);
}

TEST(EnvironmentPool, CredentialsNeverExpireInside) {
  Bench bench;
  for (int i = 0; i < 8 * 60; ++i) {
    bench.invoke();
    bench.clock.advance_ms(60 * 1000);
  }
  EXPECT_EQ(bench.sandbox.specs.size(), 2u);
}

TEST(EnvironmentPool, AFullPoolEvictsTheOneIdleLongest) {
  Bench bench({.pool = {.max_environments = 2}});
  for (const std::string name : {"a", "b", "c"}) {
    bench.function.name = name;
    bench.invoke();
    bench.clock.advance_ms(1000);
    bench.settle();
  }
  EXPECT_EQ(bench.sandbox.alive, 2);
  bench.function.name = "b";
  bench.invoke();
  EXPECT_EQ(bench.sandbox.specs.size(), 3u);
  EXPECT_EQ(bench.metrics.counter("kiln_environments_evicted_total").value(), 1);
}

TEST(EnvironmentPool, APoolFullOfBusyOnesThrottles) {
  Bench bench({.pool = {.max_environments = 1}});
  bench.scripts.push_back(hanging());
  bench.begin({});
  EXPECT_EQ(bench.invoke().payload, "TooManyRequestsException");
  EXPECT_EQ(bench.metrics.counter("kiln_environments_full_total").value(), 1);
  bench.clock.advance_ms(3000);
}

TEST(EnvironmentPool, AnIdleEnvironmentWhoseProcessDiedIsNotUsed) {
  Bench bench;
  bench.invoke();
  bench.sandbox.last->exit({.code = 1});
  EXPECT_EQ(bench.invoke().function_error, "");
  bench.settle();
  EXPECT_EQ(bench.sandbox.specs.size(), 2u);
  EXPECT_EQ(bench.sandbox.alive, 1);
}

}  // namespace
}  // namespace kiln::invoke
