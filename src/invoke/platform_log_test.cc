// SPDX-License-Identifier: Apache-2.0
#include "invoke/platform_log.h"

#include <gtest/gtest.h>

namespace kiln::invoke {
namespace {

constexpr std::string_view kId = "8286a188-ba32-4475-8077-530cd35c09a9";

TEST(PlatformLog, InitStartNamesTheRuntimeVersion) {
  EXPECT_EQ(text_init_start({.runtime_version = "python:3.10.v11",
                             .runtime_version_arn = "arn:aws:lambda:us-east-1::runtime:0ab"}),
            "INIT_START Runtime Version: python:3.10.v11\t"
            "Runtime Version ARN: arn:aws:lambda:us-east-1::runtime:0ab\n");
}

TEST(PlatformLog, StartAndEnd) {
  EXPECT_EQ(text_start("id-1", "$LATEST"), "START RequestId: id-1 Version: $LATEST\n");
  EXPECT_EQ(text_end("id-1"), "END RequestId: id-1\n");
}

TEST(PlatformLog, WarmReportEndsWithATab) {
  EXPECT_EQ(text_report({.request_id = kId,
                         .duration_ns = 3'012'345,
                         .memory_mb = 128,
                         .max_memory_used_mb = 36}),
            "REPORT RequestId: 8286a188-ba32-4475-8077-530cd35c09a9\tDuration: 3.01 ms\t"
            "Billed Duration: 4 ms\tMemory Size: 128 MB\tMax Memory Used: 36 MB\t\n");
}

// Since 2025-08-01 the initialisation is billed.
TEST(PlatformLog, ColdReportBillsTheInitialisation) {
  EXPECT_EQ(text_report({.request_id = kId,
                         .duration_ns = 3'010'000,
                         .init_ns = 110'100'000,
                         .memory_mb = 128,
                         .max_memory_used_mb = 36}),
            "REPORT RequestId: 8286a188-ba32-4475-8077-530cd35c09a9\tDuration: 3.01 ms\t"
            "Billed Duration: 114 ms\tMemory Size: 128 MB\tMax Memory Used: 36 MB\t"
            "Init Duration: 110.10 ms\t\n");
}

TEST(PlatformLog, ReportOfATimeoutAndOfARuntimeError) {
  InvocationReport report{.request_id = "r",
                          .duration_ns = 3'000'000'000,
                          .memory_mb = 128,
                          .max_memory_used_mb = 30,
                          .completion = Completion::kTimeout};
  EXPECT_EQ(text_report(report),
            "REPORT RequestId: r\tDuration: 3000.00 ms\tBilled Duration: 3000 ms\t"
            "Memory Size: 128 MB\tMax Memory Used: 30 MB\tStatus: timeout\n");
  report.completion = Completion::kError;
  report.error_type = "Runtime.ExitError";
  EXPECT_TRUE(text_report(report).ends_with(
      "Max Memory Used: 30 MB\tStatus: error\tError Type: Runtime.ExitError\n"));
}

TEST(PlatformLog, ReportOfAFailedHandlerLooksLikeSuccessInText) {
  const InvocationReport report{.request_id = "r",
                                .duration_ns = 1'000'000,
                                .completion = Completion::kFunctionError,
                                .error_type = "Function.Unknown"};
  EXPECT_TRUE(text_report(report).ends_with("MB\t\n"));
  EXPECT_NE(json_report({0}, report).find(R"("status":"error","errorType":"Function.Unknown")"),
            std::string::npos);
}

TEST(PlatformLog, InitReportTellsPhaseAndReason) {
  EXPECT_EQ(text_init_report({.duration_ns = 154'030'000,
                              .phase = "init",
                              .completion = Completion::kError,
                              .error_type = "Runtime.ExitError"}),
            "INIT_REPORT Init Duration: 154.03 ms\tPhase: init\tStatus: error\t"
            "Error Type: Runtime.ExitError\n");
  EXPECT_EQ(
      text_init_report(
          {.duration_ns = 10'007'310'000, .phase = "init", .completion = Completion::kTimeout}),
      "INIT_REPORT Init Duration: 10007.31 ms\tPhase: init\tStatus: timeout\n");
}

// As AWS wrote them for a Java function in 2023.
TEST(PlatformLog, TextOfARestoredEnvironment) {
  EXPECT_EQ(text_restore_start({.runtime_version = "java:11.v20", .runtime_version_arn = "arn:x"}),
            "RESTORE_START Runtime Version: java:11.v20\tRuntime Version ARN: arn:x\n");
  EXPECT_EQ(text_restore_report({.duration_ns = 398'970'000}),
            "RESTORE_REPORT Restore Duration: 398.97 ms\n");
  EXPECT_EQ(text_restore_report({.duration_ns = 1'236'040'000,
                                 .completion = Completion::kError,
                                 .error_type = "Runtime.ExitError"}),
            "RESTORE_REPORT Restore Duration: 1236.04 ms\tStatus: error\tError Type: "
            "Runtime.ExitError\n");
  EXPECT_EQ(text_report({.request_id = "8c360c87",
                         .duration_ns = 2'338'660'000,
                         .restore_ns = 398'970'000,
                         .billed_restore_ms = 182,
                         .memory_mb = 3009,
                         .max_memory_used_mb = 173}),
            "REPORT RequestId: 8c360c87\tDuration: 2338.66 ms\tBilled Duration: 2521 ms\tMemory "
            "Size: 3009 MB\tMax Memory Used: 173 MB\tRestore Duration: 398.97 ms\tBilled Restore "
            "Duration: 182 ms\t\n");
}

TEST(PlatformLog, JsonOfARestoredEnvironment) {
  const Timestamp time{1'767'225'600'123};
  EXPECT_EQ(json_restore_start(time, {.runtime_version = "python:3.12.v1",
                                      .runtime_version_arn = "arn:x",
                                      .function_name = "f",
                                      .function_version = "1",
                                      .instance_id = "i",
                                      .memory_bytes = 1}),
            R"({"time":"2026-01-01T00:00:00.123Z","type":"platform.restoreStart","record":{)"
            R"("runtimeVersion":"python:3.12.v1","runtimeVersionArn":"arn:x","functionName":"f",)"
            R"("functionVersion":"1","instanceId":"i","instanceMaxMemory":1}})"
            "\n");
  EXPECT_EQ(json_restore_runtime_done(time, {.completion = Completion::kError,
                                             .error_type = "Runtime.AfterRestoreError"}),
            R"({"time":"2026-01-01T00:00:00.123Z","type":"platform.restoreRuntimeDone","record":{)"
            R"("status":"error","errorType":"Runtime.AfterRestoreError"}})"
            "\n");
  EXPECT_EQ(json_restore_report(time, {.duration_ns = 12'340'000}),
            R"({"time":"2026-01-01T00:00:00.123Z","type":"platform.restoreReport","record":{)"
            R"("status":"success","metrics":{"durationMs":12.34}}})"
            "\n");
}

TEST(PlatformLog, TimeoutLine) {
  EXPECT_EQ(timeout_line({1'713'058'535'426}, "6ac612a0", 3),
            "2024-04-14T01:35:35.426Z 6ac612a0 Task timed out after 3.00 seconds\n\n");
}

// Shapes as AWS writes them to CloudWatch today.
TEST(PlatformLog, JsonEvents) {
  const Timestamp time{1'767'225'600'123};
  EXPECT_EQ(json_init_start(time, {.runtime_version = "nodejs:22.v1",
                                   .runtime_version_arn = "arn:x",
                                   .function_name = "f",
                                   .function_version = "$LATEST",
                                   .instance_id = "2026/01/01/f[$LATEST]0a",
                                   .memory_bytes = 268435456}),
            R"({"time":"2026-01-01T00:00:00.123Z","type":"platform.initStart","record":{)"
            R"("initializationType":"on-demand","phase":"init","runtimeVersion":"nodejs:22.v1",)"
            R"("runtimeVersionArn":"arn:x","functionName":"f","functionVersion":"$LATEST",)"
            R"("instanceId":"2026/01/01/f[$LATEST]0a","instanceMaxMemory":268435456}})"
            "\n");
  EXPECT_EQ(json_start(time, "r", "arn:f", "$LATEST"),
            R"({"time":"2026-01-01T00:00:00.123Z","type":"platform.start","record":{)"
            R"("requestId":"r","functionArn":"arn:f","version":"$LATEST"}})"
            "\n");
  EXPECT_EQ(json_report(time, {.request_id = "r",
                               .duration_ns = 1'233'960'000,
                               .init_ns = 463'512'000,
                               .memory_mb = 256,
                               .max_memory_used_mb = 123}),
            R"({"time":"2026-01-01T00:00:00.123Z","type":"platform.report","record":{)"
            R"("requestId":"r","metrics":{"durationMs":1233.96,"billedDurationMs":1698,)"
            R"("memorySizeMB":256,"maxMemoryUsedMB":123,"initDurationMs":463.512},)"
            R"("status":"success"}})"
            "\n");
}

}  // namespace
}  // namespace kiln::invoke
