// SPDX-License-Identifier: Apache-2.0
#include "invoke/conclusion.h"

#include <gtest/gtest.h>

namespace kiln::invoke {
namespace {

using Kind = runtime_api::InvokeOutcome::Kind;
using runtime_api::InvokeOutcome;

InvocationFacts facts() { return {.request_id = "r-1", .timeout_s = 3, .now = Timestamp{0}}; }

Conclusion ended(InvokeOutcome outcome, InvocationFacts of = facts()) {
  return conclude(std::move(outcome), of);
}

std::string exit_message(sandbox::ExitStatus exit) {
  InvocationFacts of = facts();
  of.exit = exit;
  return ended({.kind = Kind::kClosed}, of).payload;
}

TEST(Conclusion, a_response_is_handed_on_as_it_is) {
  const auto out = ended({.content_type = "text/x", .body = " {} "});
  EXPECT_EQ(out.completion, Completion::kSuccess);
  EXPECT_EQ(out.payload, " {} ");
  EXPECT_EQ(out.content_type, "text/x");
  EXPECT_TRUE(out.reusable);
  EXPECT_EQ(out.log_line, "");
}

TEST(Conclusion, a_function_error_leaves_the_environment_usable) {
  const auto out = ended({.kind = Kind::kError, .error_type = "ValueError", .body = "{\"a\":1}"});
  EXPECT_EQ(out.completion, Completion::kFunctionError);
  EXPECT_EQ(out.payload, "{\"a\":1}");
  EXPECT_TRUE(out.reusable);
  // The log has only the platform's words, a stream the runtime's own.
  EXPECT_EQ(out.error_type, "Function.Unknown");
  EXPECT_EQ(out.stream_error, "ValueError");
}

TEST(Conclusion, the_platforms_error_types_stay) {
  for (const char* type : {"Runtime.ImportModuleError", "Function.Broken"}) {
    EXPECT_EQ(ended({.kind = Kind::kError, .error_type = type}).error_type, type);
  }
  for (const char* type : {"", "Runtime.", "Runtime.bad", "Runtime.A b", "Runtime.A1"}) {
    EXPECT_EQ(ended({.kind = Kind::kError, .error_type = type}).error_type, "Function.Unknown");
  }
}

TEST(Conclusion, a_runtime_that_exits_takes_its_environment_along) {
  InvocationFacts of = facts();
  of.exit = sandbox::ExitStatus{.code = 3};
  const auto out = ended({.kind = Kind::kClosed}, of);
  EXPECT_EQ(out.payload, R"({"errorType":"Runtime.ExitError","errorMessage":)"
                         R"("RequestId: r-1 Error: Runtime exited with error: exit status 3"})");
  EXPECT_EQ(out.log_line,
            "RequestId: r-1 Error: Runtime exited with error: exit status 3\nRuntime.ExitError\n");
  EXPECT_EQ(out.stream_error, "Runtime.TruncatedResponse");
  EXPECT_FALSE(out.reusable);
  EXPECT_TRUE(exit_message({.code = 0}).contains("Runtime exited without providing a reason"));
  EXPECT_TRUE(exit_message({.signaled = true, .code = 9}).contains("error: signal: killed"));
  EXPECT_TRUE(exit_message({.signaled = true, .code = 40}).contains("error: signal: signal 40"));
}

TEST(Conclusion, out_of_memory_is_told_in_the_log_only) {
  InvocationFacts of = facts();
  of.exit = sandbox::ExitStatus{.signaled = true, .code = 9, .out_of_memory = true};
  const auto out = ended({.kind = Kind::kClosed}, of);
  EXPECT_TRUE(out.payload.contains("Runtime.ExitError"));
  EXPECT_EQ(out.error_type, "Runtime.OutOfMemory");
}

TEST(Conclusion, an_extension_that_fails_is_named) {
  const runtime_api::ExtensionFailure failure{.type = "Extension.Crash", .message = "it crashed"};
  InvocationFacts of = facts();
  of.extension = &failure;
  const auto out = ended({.kind = Kind::kClosed}, of);
  EXPECT_EQ(out.error_type, "Extension.Crash");
  EXPECT_TRUE(out.payload.contains("it crashed"));
}

TEST(Conclusion, a_timeout_has_its_line) {
  const auto out = conclude(fail(ErrorCode::kTimeout, "late"), facts());
  EXPECT_EQ(out.completion, Completion::kTimeout);
  EXPECT_EQ(out.payload, R"({"errorType":"Sandbox.Timedout","errorMessage":)"
                         R"("RequestId: r-1 Error: Task timed out after 3.00 seconds"})");
  EXPECT_TRUE(out.log_line.contains("r-1 Task timed out after 3.00 seconds"));
  EXPECT_FALSE(out.reusable);
}

TEST(Conclusion, any_other_failure_is_the_sandboxs) {
  const auto out = conclude(fail(ErrorCode::kInternal, "no \"room\""), facts());
  EXPECT_EQ(out.error_type, "Sandbox.Failure");
  EXPECT_TRUE(out.payload.contains(R"(no \"room\")"));
}

TEST(Conclusion, a_response_that_is_too_large_says_what_it_may_be) {
  const auto whole = ended({.kind = Kind::kResponseTooLarge});
  EXPECT_TRUE(whole.payload.contains("(6291556 bytes)"));
  EXPECT_TRUE(whole.reusable);
  const auto stream = ended({.kind = Kind::kResponseTooLarge, .streamed = true});
  EXPECT_TRUE(stream.payload.contains("(209715200 bytes)"));
  EXPECT_EQ(stream.stream_error, "Function.ResponseSizeTooLarge");
}

TEST(Conclusion, an_initialisation_that_fails_is_the_runtimes_error) {
  using InitKind = runtime_api::InitOutcome::Kind;
  const auto failed = conclude_init(
      runtime_api::InitOutcome{
          .kind = InitKind::kError, .error_type = "Runtime.ImportModuleError", .body = "{}"},
      facts());
  EXPECT_EQ(failed.error_type, "Runtime.ImportModuleError");
  EXPECT_EQ(failed.payload, "{}");
  EXPECT_FALSE(failed.reusable);
  EXPECT_EQ(conclude_init(fail(ErrorCode::kNotFound, "no such file"), facts()).error_type,
            "Runtime.InvalidEntrypoint");
  EXPECT_EQ(conclude_init(fail(ErrorCode::kTimeout, ""), facts()).completion, Completion::kTimeout);
  EXPECT_EQ(conclude_init(runtime_api::InitOutcome{.kind = InitKind::kClosed}, facts()).error_type,
            "Runtime.ExitError");
}

}  // namespace
}  // namespace kiln::invoke
