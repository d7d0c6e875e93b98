// SPDX-License-Identifier: Apache-2.0
#include "invoke/fakes_for_test.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kiln::invoke {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;
using InitKind = runtime_api::InitOutcome::Kind;
using InvokeKind = runtime_api::InvokeOutcome::Kind;

Script failing_init(std::string body, std::string type) {
  Script script;
  script.init = runtime_api::InitOutcome{InitKind::kError, std::move(type), std::move(body)};
  return script;
}

Script exiting(sandbox::ExitStatus status) {
  Script script;
  script.handler = [status](FakeEnvironment& environment, const runtime_api::Invocation&) {
    environment.exit(status);
    return Result<runtime_api::InvokeOutcome>(runtime_api::InvokeOutcome{});
  };
  return script;
}

TEST(Invoker, ColdThenWarmInOneEnvironment) {
  Bench bench;
  Script script;
  script.init_ms = 110;
  script.handler = [&](FakeEnvironment& environment, const runtime_api::Invocation& invocation) {
    environment.write("hello\nno newline");
    bench.clock.advance_ms(3);
    runtime_api::InvokeOutcome outcome;
    outcome.body = invocation.payload;
    return Result<runtime_api::InvokeOutcome>(outcome);
  };
  bench.scripts.push_back(script);
  const InvokeResult cold = bench.invoke(R"({"name":"Ravi"})");
  EXPECT_EQ(cold.payload, R"({"name":"Ravi"})");
  EXPECT_EQ(cold.function_error, "");
  EXPECT_EQ(cold.executed_version, "$LATEST");
  EXPECT_EQ(bench.invoke("").payload, "{}");
  EXPECT_EQ(bench.sandbox.specs.size(), 1u);
  ASSERT_EQ(bench.sink.streams.size(), 1u);
  EXPECT_THAT(bench.sink.streams.begin()->first,
              MatchesRegex(R"(2026/01/01/\[\$LATEST\][0-9a-f]{32})"));
  EXPECT_THAT(
      bench.sink.messages(),
      ElementsAre(StartsWith("INIT_START Runtime Version: provided:al2023"),
                  "START RequestId: id-1 Version: $LATEST\n", "hello\n", "no newline",
                  "END RequestId: id-1\n",
                  "REPORT RequestId: id-1\tDuration: 3.00 ms\tBilled Duration: 113 ms\tMemory "
                  "Size: 128 MB\tMax Memory Used: 36 MB\tInit Duration: 110.00 ms\t\n",
                  "START RequestId: id-2 Version: $LATEST\n", "hello\n", "no newline",
                  "END RequestId: id-2\n",
                  "REPORT RequestId: id-2\tDuration: 3.00 ms\tBilled Duration: 3 ms\tMemory "
                  "Size: 128 MB\tMax Memory Used: 36 MB\t\n"));
}

TEST(Invoker, TailHoldsTheLogOfThisInvocationOnly) {
  Bench bench;
  EXPECT_THAT(bench.invoke("{}", true).log_tail, StartsWith("START RequestId: id-1"));
  EXPECT_EQ(bench.invoke("{}", false).log_tail, "");
  const std::string tail = bench.invoke("{}", true).log_tail;
  EXPECT_THAT(tail, StartsWith("START RequestId: id-3 Version: $LATEST\nEND RequestId: id-3\n"));
  EXPECT_THAT(tail, HasSubstr("REPORT RequestId: id-3\t"));
}

TEST(Invoker, TailIsTheLast4KiB) {
  Bench bench;
  Script script;
  script.handler = [](FakeEnvironment& environment, const runtime_api::Invocation&) {
    for (int i = 0; i < 5000; ++i) environment.write("line " + std::to_string(i) + "\n");
    return Result<runtime_api::InvokeOutcome>(runtime_api::InvokeOutcome{});
  };
  bench.scripts.push_back(script);
  const std::string tail = bench.invoke("{}", true).log_tail;
  EXPECT_EQ(tail.size(), kLogTailBytes);
  EXPECT_THAT(tail, HasSubstr("line 4999\nEND"));
}

TEST(Invoker, HandlerErrorIsAResultAndTheEnvironmentStays) {
  Bench bench;
  Script script;
  script.handler = [](FakeEnvironment&, const runtime_api::Invocation&) {
    runtime_api::InvokeOutcome outcome;
    outcome.kind = InvokeKind::kError;
    outcome.body = R"({"errorMessage":"boom","errorType":"ValueError"})";
    outcome.error_type = "ValueError";
    return Result<runtime_api::InvokeOutcome>(outcome);
  };
  bench.scripts.push_back(script);
  const InvokeResult result = bench.invoke();
  EXPECT_EQ(result.function_error, "Unhandled");
  EXPECT_EQ(result.payload, R"({"errorMessage":"boom","errorType":"ValueError"})");
  bench.invoke();
  EXPECT_EQ(bench.sandbox.specs.size(), 1u);
}

// AWS initialises again inside the invocation; the second failure is the result.
TEST(Invoker, FailedInitIsTriedAgainAndThenReported) {
  Bench bench;
  const std::string body = R"({"errorMessage": "Unable to import module 'x'"})";
  bench.scripts = {failing_init(body, "Runtime.ImportModuleError"),
                   failing_init(body, "Runtime.ImportModuleError")};
  const InvokeResult result = bench.invoke();
  EXPECT_EQ(result.function_error, "Unhandled");
  EXPECT_EQ(result.payload, body);
  EXPECT_THAT(
      bench.sink.messages(),
      ElementsAre(
          StartsWith("INIT_START"),
          "INIT_REPORT Init Duration: 0.00 ms\tPhase: init\tStatus: error\tError Type: "
          "Runtime.ImportModuleError\n",
          "INIT_REPORT Init Duration: 0.00 ms\tPhase: invoke\tStatus: error\tError Type: "
          "Runtime.ImportModuleError\n",
          "START RequestId: id-1 Version: $LATEST\n", "END RequestId: id-1\n",
          "REPORT RequestId: id-1\tDuration: 0.00 ms\tBilled Duration: 0 ms\tMemory Size: 128 "
          "MB\tMax Memory Used: 36 MB\tStatus: error\tError Type: Runtime.ImportModuleError\n"));
  bench.settle();
  EXPECT_EQ(bench.sandbox.alive, 0);
}

TEST(Invoker, InitThatSucceedsTheSecondTimeCountsAsDuration) {
  Bench bench;
  Script second;
  second.init_ms = 50;
  bench.scripts = {failing_init("{}", "x"), second};
  EXPECT_EQ(bench.invoke().function_error, "");
  EXPECT_THAT(bench.sink.messages().back(),
              StartsWith("REPORT RequestId: id-1\tDuration: 50.00 ms\tBilled Duration: 50 ms\t"));
  EXPECT_THAT(bench.sink.messages().back(), ::testing::EndsWith("36 MB\t\n"));
}

TEST(Invoker, InitThatHangsEndsAfterTenSecondsAndThenTheTimeout) {
  Bench bench;
  Script script;
  script.init_hangs = true;
  bench.scripts = {script, script};
  bench.begin({});
  bench.clock.advance_ms(9'999);
  EXPECT_TRUE(bench.results.empty());
  bench.clock.advance_ms(1);
  EXPECT_TRUE(bench.results.empty());
  bench.clock.advance_ms(3'000);
  ASSERT_EQ(bench.results.size(), 1u);
  EXPECT_EQ(bench.results[0]->payload,
            R"({"errorType":"Sandbox.Timedout","errorMessage":"RequestId: id-1 Error: Task timed )"
            R"(out after 3.00 seconds"})");
  EXPECT_THAT(bench.sink.messages(),
              ::testing::Contains(
                  "INIT_REPORT Init Duration: 10000.00 ms\tPhase: init\tStatus: timeout\n"));
}

TEST(Invoker, TimeoutEndsTheEnvironment) {
  Bench bench;
  Script script;
  script.handler_hangs = true;
  bench.scripts.push_back(script);
  bench.begin({});
  bench.clock.advance_ms(2'999);
  EXPECT_TRUE(bench.results.empty());
  bench.clock.advance_ms(1);
  ASSERT_EQ(bench.results.size(), 1u);
  EXPECT_EQ(bench.results[0]->function_error, "Unhandled");
  EXPECT_EQ(bench.results[0]->payload,
            R"({"errorType":"Sandbox.Timedout","errorMessage":"RequestId: id-1 Error: Task timed )"
            R"(out after 3.00 seconds"})");
  EXPECT_THAT(
      bench.sink.messages(),
      ElementsAre(StartsWith("INIT_START"), "START RequestId: id-1 Version: $LATEST\n",
                  "2026-01-01T00:00:03.000Z id-1 Task timed out after 3.00 seconds\n\n",
                  "END RequestId: id-1\n",
                  "REPORT RequestId: id-1\tDuration: 3000.00 ms\tBilled Duration: 3000 ms\tMemory "
                  "Size: 128 MB\tMax Memory Used: 36 MB\tInit Duration: 0.00 ms\tStatus: "
                  "timeout\n"));
  bench.settle();
  EXPECT_EQ(bench.sandbox.alive, 0);
  EXPECT_EQ(bench.invoke().function_error, "");
  EXPECT_EQ(bench.sandbox.specs.size(), 2u);
}

TEST(Invoker, AnExitingRuntimeIsReportedInTheWordsOfAws) {
  struct Case {
    sandbox::ExitStatus status;
    std::string text;
  };
  for (const Case& c :
       {Case{{.code = 1}, "Runtime exited with error: exit status 1"},
        Case{{.code = 0}, "Runtime exited without providing a reason"},
        Case{{.signaled = true, .code = 9}, "Runtime exited with error: signal: killed"},
        Case{{.signaled = true, .code = 11},
             "Runtime exited with error: signal: segmentation fault"}}) {
    Bench bench;
    bench.scripts.push_back(exiting(c.status));
    const InvokeResult result = bench.invoke();
    EXPECT_EQ(result.payload,
              R"({"errorType":"Runtime.ExitError","errorMessage":"RequestId: id-1 Error: )" +
                  c.text + "\"}");
    EXPECT_THAT(bench.sink.messages(),
                ::testing::Contains("RequestId: id-1 Error: " + c.text + "\nRuntime.ExitError\n"));
    EXPECT_THAT(bench.sink.messages().back(),
                ::testing::EndsWith("Status: error\tError Type: Runtime.ExitError\n"));
    bench.settle();
    EXPECT_EQ(bench.sandbox.alive, 0);
  }
}

TEST(Invoker, OutOfMemoryShowsInTheReport) {
  Bench bench;
  bench.scripts.push_back(exiting({.signaled = true, .code = 9, .out_of_memory = true}));
  EXPECT_THAT(bench.invoke().payload, HasSubstr("signal: killed"));
  EXPECT_THAT(bench.sink.messages().back(),
              ::testing::EndsWith("Error Type: Runtime.OutOfMemory\n"));
}

TEST(Invoker, ARuntimeThatExitsDuringInitIsAnExitError) {
  Bench bench;
  Script script;
  script.on_start = [](FakeEnvironment& environment) { environment.exit({.code = 127}); };
  bench.scripts = {script, script};
  EXPECT_EQ(bench.invoke().payload,
            R"({"errorType":"Runtime.ExitError","errorMessage":"RequestId: id-1 Error: Runtime )"
            R"(exited with error: exit status 127"})");
}

TEST(Invoker, AMissingBootstrapIsAnInvalidEntrypoint) {
  Bench bench;
  const Error error{ErrorCode::kNotFound,
                    "Couldn't find valid bootstrap(s): [/var/task/bootstrap]"};
  bench.sandbox.start_errors = {error, error};
  EXPECT_EQ(bench.invoke().payload,
            R"({"errorType":"Runtime.InvalidEntrypoint","errorMessage":"RequestId: id-1 Error: )"
            R"(Couldn't find valid bootstrap(s): [/var/task/bootstrap]"})");
}

TEST(Invoker, ASandboxThatCannotStartIsAServiceException) {
  Bench bench;
  bench.sandbox.start_errors = {{ErrorCode::kIo, "fork: EAGAIN"}};
  EXPECT_EQ(bench.invoke().payload, "ServiceException");
  bench.settle();
  EXPECT_EQ(bench.invoker.pool().size(), 0);
}

TEST(Invoker, AfterACrashTheNextInvocationInitialisesInTheSameEnvironment) {
  Bench bench;
  bench.sandbox.resettable = true;
  Script again;
  again.init_ms = 20;
  bench.scripts = {exiting({.code = 1}), again};
  EXPECT_EQ(bench.invoke().function_error, "Unhandled");
  bench.settle();
  EXPECT_EQ(bench.sandbox.last->resets, 1);
  EXPECT_EQ(bench.invoker.pool().idle(), 1u);
  const std::string tail = bench.invoke("{}", true).log_tail;
  EXPECT_EQ(bench.sandbox.specs.size(), 1u);
  EXPECT_THAT(tail, HasSubstr("Duration: 20.00 ms\tBilled Duration: 20 ms"));
  EXPECT_THAT(tail, Not(HasSubstr("Init Duration")));
  EXPECT_EQ(bench.invoke().function_error, "");
}

TEST(Invoker, AnInvocationWaitsForTheResetThatIsUnderWay) {
  Bench bench;
  bench.sandbox.resettable = true;
  bench.scripts = {exiting({.code = 1})};
  EXPECT_EQ(bench.invoke().function_error, "Unhandled");
  EXPECT_EQ(bench.sandbox.last->resets, 0);
  bench.begin({});
  bench.settle();
  ASSERT_EQ(bench.results.size(), 1u);
  EXPECT_EQ(bench.results[0]->function_error, "");
  EXPECT_EQ(bench.sandbox.specs.size(), 1u);
}

TEST(Invoker, AnEnvironmentThatCannotBeResetIsReplaced) {
  Bench bench;
  bench.sandbox.resettable = true;
  bench.scripts = {exiting({.code = 1})};
  bench.invoke();
  bench.sandbox.last->reset_error = Error{ErrorCode::kIo, "the launcher has ended"};
  bench.settle();
  EXPECT_EQ(bench.invoke().function_error, "");
  EXPECT_EQ(bench.sandbox.specs.size(), 2u);
  bench.settle();
  EXPECT_EQ(bench.invoker.pool().size(), 1);
}

TEST(Invoker, ASecondFailureOfAResetEnvironmentIsTheInvocations) {
  Bench bench;
  bench.sandbox.resettable = true;
  bench.scripts = {exiting({.code = 1}), failing_init(R"({"errorType":"E"})", "E")};
  bench.invoke();
  bench.settle();
  EXPECT_EQ(bench.invoke().payload, R"({"errorType":"E"})");
  bench.settle();
  EXPECT_EQ(bench.invoke().function_error, "");
  EXPECT_EQ(bench.sandbox.specs.size(), 1u);
}

TEST(Invoker, AResponseThatIsTooLarge) {
  Bench bench;
  Script script;
  script.handler = [](FakeEnvironment&, const runtime_api::Invocation&) {
    runtime_api::InvokeOutcome outcome;
    outcome.kind = InvokeKind::kResponseTooLarge;
    return Result<runtime_api::InvokeOutcome>(outcome);
  };
  bench.scripts.push_back(script);
  EXPECT_EQ(bench.invoke().payload,
            R"({"errorType":"Function.ResponseSizeTooLarge","errorMessage":"Response payload size )"
            R"(exceeded maximum allowed payload size (6291556 bytes)."})");
}

TEST(Invoker, ThrottlesPastTheAccountsConcurrency) {
  Bench bench;
  bench.concurrency.unreserved = 1;
  Script script;
  script.handler_hangs = true;
  bench.scripts.push_back(script);
  bench.begin({});
  EXPECT_EQ(bench.invoke().payload, "TooManyRequestsException");
  bench.clock.advance_ms(3'000);
  bench.results.clear();
  EXPECT_EQ(bench.invoke().function_error, "");
}

TEST(Invoker, CreatesEnvironmentsOfAFunctionNoFasterThanItsRate) {
  Bench bench({.pool = {}, .creation_burst = 1, .creations_per_second = 1});
  Script script;
  script.handler_hangs = true;
  bench.scripts.push_back(script);
  bench.begin({});
  EXPECT_EQ(bench.invoke().payload, "TooManyRequestsException");
  bench.clock.advance_ms(1'000);
  EXPECT_EQ(bench.invoke().function_error, "");
  bench.clock.advance_ms(3'000);
}

TEST(Invoker, ConcurrentInvocationsHaveAnEnvironmentEach) {
  Bench bench;
  Script script;
  script.handler_hangs = true;
  bench.scripts = {script, script};
  bench.begin({});
  bench.begin({});
  EXPECT_EQ(bench.sandbox.alive, 2);
  EXPECT_EQ(bench.sink.streams.size(), 0u);  // nothing flushed yet
  bench.clock.advance_ms(100);
  EXPECT_EQ(bench.sink.streams.size(), 2u);
  bench.clock.advance_ms(3'000);
}

TEST(Invoker, ARuntimeThatIsNotInstalledIsNamed) {
  Bench bench;
  bench.function.runtime = "cobol1";
  EXPECT_EQ(bench.invoke().payload, "InvalidRuntimeException");
}

TEST(Invoker, JsonFormatWritesEventsAndFiltersByLevel) {
  Bench bench;
  bench.function.logging.json = true;
  bench.function.logging.application_level = "WARN";
  bench.function.logging.system_level = "INFO";
  Script script;
  script.handler = [](FakeEnvironment& environment, const runtime_api::Invocation&) {
    environment.write("{\"level\":\"INFO\",\"message\":\"a\"}\n{\"level\":\"ERROR\"}\nplain\n");
    return Result<runtime_api::InvokeOutcome>(runtime_api::InvokeOutcome{});
  };
  bench.scripts.push_back(script);
  bench.invoke();
  EXPECT_THAT(bench.sink.messages(),
              ElementsAre(HasSubstr(R"("type":"platform.initStart")"),
                          HasSubstr(R"("type":"platform.start")"), "{\"level\":\"ERROR\"}\n",
                          HasSubstr(R"("type":"platform.report")")));
}

TEST(Invoker, StopEndsRunningInvocationsAndRefusesNewOnes) {
  Bench bench;
  Script script;
  script.handler_hangs = true;
  bench.scripts.push_back(script);
  bench.begin({});
  bench.loop.run_until_complete(bench.invoker.stop());
  ASSERT_EQ(bench.results.size(), 1u);
  EXPECT_EQ(bench.results[0]->function_error, "Unhandled");
  EXPECT_EQ(bench.sandbox.alive, 0);
  EXPECT_EQ(bench.invoke().payload, "ServiceException");
}

}  // namespace
}  // namespace kiln::invoke
