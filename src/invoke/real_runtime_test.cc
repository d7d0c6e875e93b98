// SPDX-License-Identifier: Apache-2.0
#include "invoke/real_runtime_for_test.h"

namespace kiln::invoke {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST_F(RealRuntime, AnswersColdAndWarmFromOneProcess) {
  const InvokeResult cold = invoke(R"({"n":1})");
  EXPECT_EQ(cold.function_error, "");
  EXPECT_THAT(cold.payload, HasSubstr(R"("name": "hello", "mine": "yes", "key": "ASIA"})"));
  EXPECT_THAT(cold.log_tail, StartsWith("starting\nSTART RequestId: "));
  EXPECT_THAT(cold.log_tail, HasSubstr(" Version: $LATEST\nevent {\"n\": 1}\nEND RequestId: "));
  EXPECT_THAT(cold.log_tail, HasSubstr("Init Duration: "));
  const InvokeResult warm = invoke(R"({"n":2})");
  EXPECT_EQ(warm.payload, cold.payload);
  EXPECT_THAT(warm.log_tail, HasSubstr("event {\"n\": 2}\nEND RequestId: "));
}

TEST_F(RealRuntime, AnErrorOfTheHandlerIsUnhandled) {
  const InvokeResult result = invoke(R"({"do":"raise"})");
  EXPECT_EQ(result.function_error, "Unhandled");
  EXPECT_EQ(result.payload, R"({"errorMessage": "boom", "errorType": "ValueError"})");
}

TEST_F(RealRuntime, AProcessThatExitsIsReplaced) {
  const InvokeResult result = invoke(R"({"do":"exit"})");
  EXPECT_THAT(result.payload, HasSubstr("Error: Runtime exited with error: exit status 3"));
  EXPECT_THAT(result.log_tail, HasSubstr("Status: error\tError Type: Runtime.ExitError\n"));
  EXPECT_EQ(invoke("{}").function_error, "");
}

TEST_F(RealRuntime, ATimeoutKillsTheProcess) {
  function_.timeout_s = 1;
  const InvokeResult result = invoke(R"({"do":"hang"})");
  EXPECT_THAT(result.payload, HasSubstr("Task timed out after 1.00 seconds"));
  EXPECT_THAT(result.log_tail, HasSubstr("Status: timeout\n"));
}

}  // namespace
}  // namespace kiln::invoke
