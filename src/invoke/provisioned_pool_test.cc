// SPDX-License-Identifier: Apache-2.0
#include "invoke/fakes_for_test.h"

#include <gtest/gtest.h>

namespace kiln::invoke {
namespace {

using InitKind = runtime_api::InitOutcome::Kind;

class Observer final : public InvocationObserver {
 public:
  void ended(const InvocationSeen& seen) override {
    used.push_back(seen.provisioned);
    on_provisioned.push_back(seen.on_provisioned);
  }
  void kept(const lambda::FunctionVersion&, std::int64_t environment_ms) override {
    kept_ms += environment_ms;
  }
  std::vector<ProvisionedSeen> used;
  std::vector<bool> on_provisioned;
  std::int64_t kept_ms = 0;
};

class Targets final : public lambda::ProvisionedSource {
 public:
  explicit Targets(lambda::FunctionVersion function)
      : version_(std::make_shared<lambda::FunctionVersion>(std::move(function))) {}
  Task<Result<std::vector<lambda::ProvisionedTarget>>> targets(lambda::FunctionKey) override {
    std::vector<lambda::ProvisionedTarget> out;
    if (count > 0) out.push_back({.version = version_, .count = count});
    co_return out;
  }
  Task<Result<std::vector<lambda::FunctionKey>>> functions() override {
    std::vector<lambda::FunctionKey> out;
    if (count > 0) out.push_back(key());
    co_return out;
  }
  lambda::FunctionKey key() const { return {version_->account, version_->region, version_->name}; }
  int count = 0;

 private:
  lambda::FunctionVersionPtr version_;
};

struct ProvisionedPoolTest : ::testing::Test {
  // `count` environments of the function are to be kept.
  void keep(int count) {
    targets.count = count;
    if (!std::exchange(started, true)) {
      pool.start(targets);
    } else {
      pool.changed(targets.key());
    }
    bench.settle();
  }
  lambda::ProvisionedState state() { return pool.state(targets.key(), bench.function.version); }
  void pass(std::int64_t ms) {
    bench.clock.advance_ms(ms);
    bench.settle();
  }

  Observer observer;
  Bench bench{InvokerOptions{.pool = {}, .observer = &observer}};
  ProvisionedPool& pool = bench.invoker.provisioned();
  Targets targets{bench.function};
  bool started = false;
};

TEST_F(ProvisionedPoolTest, EnvironmentsAreThereBeforeTheFirstInvocation) {
  keep(2);
  EXPECT_EQ(state().allocated, 2);
  EXPECT_EQ(bench.sandbox.specs.size(), 2u);
  bench.invoke();
  EXPECT_EQ(bench.sandbox.specs.size(), 2u);
  EXPECT_EQ(observer.on_provisioned, std::vector<bool>{true});
  EXPECT_EQ(observer.used[0].busy, 1);
  EXPECT_EQ(observer.used[0].allocated, 2);
  EXPECT_FALSE(observer.used[0].spilled);
  EXPECT_EQ(state().allocated, 2);
}

TEST_F(ProvisionedPoolTest, WhatIsMoreThanTheySpillsOver) {
  Script hanging;
  hanging.handler_hangs = true;
  bench.scripts.push_back(hanging);
  keep(1);
  bench.begin({.payload = "1"});
  bench.invoke();
  EXPECT_EQ(bench.sandbox.specs.size(), 2u);
  ASSERT_EQ(observer.used.size(), 1u);
  EXPECT_FALSE(observer.on_provisioned[0]);
  EXPECT_TRUE(observer.used[0].spilled);
  bench.sandbox.last = nullptr;
}

TEST_F(ProvisionedPoolTest, OneThatEndsIsReplaced) {
  Script exits;
  exits.handler = [](FakeEnvironment& environment, const runtime_api::Invocation&) {
    environment.exit({.code = 1});
    return Result<runtime_api::InvokeOutcome>(runtime_api::InvokeOutcome{});
  };
  bench.scripts.push_back(exits);
  keep(1);
  EXPECT_EQ(bench.invoke().function_error, "Unhandled");
  bench.settle();
  EXPECT_EQ(state().allocated, 1);
  EXPECT_EQ(bench.sandbox.specs.size(), 2u);
  EXPECT_EQ(bench.invoke().function_error, "");
}

TEST_F(ProvisionedPoolTest, WhatCannotStartFailsUntilTheFunctionChanges) {
  Script broken;
  broken.init = runtime_api::InitOutcome{InitKind::kError, "Runtime.ImportModuleError", "{}"};
  for (int i = 0; i < 2; ++i) bench.scripts.push_back(broken);
  keep(1);
  EXPECT_TRUE(state().failed);
  EXPECT_EQ(state().reason, "FUNCTION_ERROR_INIT_FAILURE");
  EXPECT_EQ(state().allocated, 0);
  const std::size_t tried = bench.sandbox.specs.size();
  pass(60'000);
  EXPECT_EQ(bench.sandbox.specs.size(), tried);
  bench.scripts.clear();
  keep(1);
  EXPECT_FALSE(state().failed);
  EXPECT_EQ(state().allocated, 1);
}

TEST_F(ProvisionedPoolTest, FewerAreKeptWhenFewerAreWanted) {
  keep(3);
  keep(1);
  EXPECT_EQ(state().allocated, 1);
  EXPECT_EQ(bench.sandbox.alive, 1);
  keep(0);
  EXPECT_EQ(state().allocated, 0);
  EXPECT_EQ(bench.sandbox.alive, 0);
  bench.invoke();
  EXPECT_EQ(observer.on_provisioned, std::vector<bool>{false});
  EXPECT_FALSE(observer.used[0].spilled);
}

TEST_F(ProvisionedPoolTest, TheTimeTheyAreThereIsToldOnce) {
  keep(2);
  EXPECT_EQ(observer.kept_ms, 0);
  pass(1'000);
  EXPECT_EQ(observer.kept_ms, 2'000);
  pass(500);
  keep(1);  // one goes after half a second
  EXPECT_EQ(observer.kept_ms, 3'000);
  pass(500);
  EXPECT_EQ(observer.kept_ms, 3'500);
  pass(1'000);
  EXPECT_EQ(observer.kept_ms, 4'500);
}

TEST_F(ProvisionedPoolTest, TheyFreezeWhenTheyRestAndAreReplacedBeforeTheirCredentialsEnd) {
  keep(1);
  pass(1'000);
  EXPECT_TRUE(bench.sandbox.last->frozen);
  bench.invoke();
  EXPECT_EQ(bench.sandbox.specs.size(), 1u);
  pass(6 * 60 * 60 * 1'000);
  pass(1'000);
  EXPECT_EQ(state().allocated, 1);
  EXPECT_EQ(bench.sandbox.specs.size(), 2u);
}

}  // namespace
}  // namespace kiln::invoke
