// SPDX-License-Identifier: Apache-2.0
// Environments of versions with SnapStart: what they are started with, what the log says, how they
// fail. The fake sandbox writes no snapshot.
#include "invoke/fakes_for_test.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kiln::invoke {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class SnapStartTest : public testing::Test {
 protected:
  SnapStartTest() {
    bench.function.snap_start = true;
    bench.function.version = "1";
    bench.function.deployment_id = "d1";
    bench.function.timeout_s = 60;
  }
  lambda::SnapshotOutcome take() {
    spawn(run());
    bench.settle();
    return last;
  }
  std::map<std::string, std::string> variables(std::size_t environment) {
    const auto& all = bench.sandbox.specs.at(environment).platform_variables;
    return {all.begin(), all.end()};
  }
  lambda::SnapshotOutcome last;
  Bench bench;

 private:
  Task<void> run() {
    auto taking = bench.invoker.snapshots().take(
        std::make_shared<const lambda::FunctionVersion>(bench.function));
    last = co_await std::move(taking);
  }
};

TEST_F(SnapStartTest, AVersionIsInitialisedOnceWhenItIsPublished) {
  Script script;
  script.init_ms = 15'000;  // more than the 10 s of other initialisations
  bench.scripts.push_back(script);
  const auto outcome = take();
  EXPECT_TRUE(outcome.active) << outcome.reason;
  ASSERT_EQ(bench.sandbox.specs.size(), 1u);
  EXPECT_EQ(bench.sandbox.alive, 0);
  auto with = variables(0);
  EXPECT_EQ(with["AWS_LAMBDA_INITIALIZATION_TYPE"], "snap-start");
  EXPECT_EQ(with["AWS_CONTAINER_CREDENTIALS_FULL_URI"],
            "http://{runtime_api}/2021-04-23/credentials");
  EXPECT_EQ(with["AWS_CONTAINER_AUTHORIZATION_TOKEN"].size(), 32u);
  for (const char* gone : {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
                           "AWS_LAMBDA_LOG_STREAM_NAME"}) {
    EXPECT_FALSE(with.contains(gone)) << gone;
  }
  EXPECT_THAT(bench.sink.messages(), ElementsAre(StartsWith("INIT_START "),
                                                 "INIT_REPORT Init Duration: 15000.00 ms\tPhase: "
                                                 "init\n"));
}

TEST_F(SnapStartTest, WhereNothingCanBeSavedEachEnvironmentSaysSo) {
  (void)take();
  Script script;
  script.init_ms = 100;
  script.restore_ms = 20;
  bench.scripts.push_back(script);
  EXPECT_EQ(bench.invoke().function_error, "");
  bench.settle();
  EXPECT_EQ(bench.sandbox.specs.size(), 2u);  // nothing is made again
  auto lines = bench.sink.messages();
  std::erase_if(lines, [](const auto& line) { return line.starts_with("INIT_"); });
  EXPECT_THAT(
      lines,
      ElementsAre(StartsWith("RESTORE_START Runtime Version: provided:al2023"),
                  "KILN this environment initialises the function by itself: there are none\n",
                  "RESTORE_REPORT Restore Duration: 120.00 ms\n", StartsWith("START "),
                  StartsWith("END "),
                  "REPORT RequestId: id-1\tDuration: 0.00 ms\tBilled Duration: 20 ms\tMemory "
                  "Size: 128 MB\tMax Memory Used: 36 MB\tRestore Duration: 120.00 ms\tBilled "
                  "Restore Duration: 20 ms\t\n"));
}

TEST_F(SnapStartTest, ASnapshotThatIsMissingIsMadeAgainAfterTheStart) {
  EXPECT_EQ(bench.invoke().function_error, "");
  bench.settle();
  ASSERT_EQ(bench.sandbox.specs.size(), 2u);  // the invocation's, then the template
  EXPECT_THAT(bench.sink.messages(),
              testing::Contains(HasSubstr("its snapshot is being made again")));
}

TEST_F(SnapStartTest, AVersionFailsWithItsInitialisation) {
  Script raises;
  raises.init = runtime_api::InitOutcome{runtime_api::InitOutcome::Kind::kError,
                                         "Runtime.ImportModuleError", "{}"};
  bench.scripts.push_back(raises);
  auto outcome = take();
  EXPECT_FALSE(outcome.active);
  EXPECT_EQ(outcome.reason_code, "FunctionError.RuntimeInitError");
  EXPECT_THAT(outcome.reason, HasSubstr("Runtime.ImportModuleError"));

  Script hangs;
  hangs.init_hangs = true;
  bench.scripts.push_back(hangs);
  bench.function.deployment_id = "d2";
  (void)take();
  bench.clock.advance_ms(129'000);
  EXPECT_NE(last.reason_code, "FunctionError.InitTimeout");
  bench.clock.advance_ms(1'001);
  bench.settle();
  EXPECT_EQ(last.reason_code, "FunctionError.InitTimeout");
  EXPECT_EQ(bench.sandbox.alive, 0);

  bench.function.runtime = "java21";
  EXPECT_EQ(take().reason_code, "InvalidRuntime");
}

TEST_F(SnapStartTest, HooksThatFailAreTheCallersToKnow) {
  (void)take();
  Script fails;
  fails.restore = runtime_api::InitOutcome{runtime_api::InitOutcome::Kind::kError,
                                           "Runtime.AfterRestoreError", "{}"};
  bench.scripts.push_back(fails);
  EXPECT_EQ(bench.invoke().payload, "SnapStartException");
  Script hangs;
  hangs.restore_hangs = true;
  bench.scripts.push_back(hangs);
  bench.begin({.payload = "{}"});
  bench.clock.advance_ms(10'001);
  bench.settle();
  ASSERT_EQ(bench.results.size(), 1u);
  EXPECT_EQ(bench.results[0].error().code, "SnapStartTimeoutException");
  EXPECT_EQ(bench.results[0].error().http_status, 408);
  EXPECT_THAT(bench.sink.messages(),
              testing::Contains(HasSubstr("Status: error\tError Type: Runtime.AfterRestoreError")));
  EXPECT_EQ(bench.sandbox.alive, 0);
}

}  // namespace
}  // namespace kiln::invoke
