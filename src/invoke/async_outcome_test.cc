// SPDX-License-Identifier: Apache-2.0
#include "invoke/async_outcome.h"

#include "aws/event_target.h"

#include <gtest/gtest.h>

namespace kiln::invoke {
namespace {

constexpr std::string_view kArn = "arn:aws:lambda:us-east-1:123456789012:function:f";
constexpr std::string_view kQueue = "arn:aws:sqs:us-east-1:123456789012:q";
// 2026-01-31T10:20:30.400Z
constexpr Timestamp kNow{1'769'854'830'400};

AsyncOutcome outcome(AsyncVerdict verdict) {
  lambda::FunctionVersion function;
  function.account = "123456789012";
  function.region = "us-east-1";
  function.name = "f";
  function.role = "arn:aws:iam::123456789012:role/r";
  AsyncOutcome out;
  out.event = {.request_id = "r-1",
               .function = {"123456789012", "us-east-1", "f"},
               .qualifier = "",
               .payload = R"({"n": 1})",
               .client_context = "",
               .trace_header = "",
               .tenant_id = ""};
  out.progress = {.invocations = 1, .status_code = 200, .executed_version = "$LATEST"};
  out.verdict = verdict;
  out.function = std::make_shared<lambda::FunctionVersion>(function);
  out.response = R"({"a":1})";
  if (verdict != AsyncVerdict::kSucceeded) {
    out.progress.function_error = "Unhandled";
    out.progress.error_message = "boom";
  }
  return out;
}

void set_dead_letters(AsyncOutcome& out, std::string_view target) {
  auto function = std::make_shared<lambda::FunctionVersion>(*out.function);
  function->dead_letter_target = target;
  out.function = std::move(function);
}

aws::TargetEvent event_of(const queue::OutboxEntry& entry) {
  auto event = aws::decode_event(entry.payload);
  EXPECT_TRUE(event);
  return event.value_or(aws::TargetEvent{});
}

TEST(AsyncOutcomes, a_record_says_what_ran_and_what_came_of_it) {
  EXPECT_EQ(invocation_record(outcome(AsyncVerdict::kSucceeded), kNow, 1'000'000),
            R"({"version":"1.0","timestamp":"2026-01-31T10:20:30.400Z","requestContext":{)"
            R"("requestId":"r-1","functionArn":")" +
                std::string(kArn) +
                R"(:$LATEST","condition":"Success","approximateInvokeCount":1},)"
                R"("requestPayload":{"n": 1},"responseContext":{"statusCode":200,)"
                R"("executedVersion":"$LATEST"},"responsePayload":{"a":1}})");
  const std::string failed =
      invocation_record(outcome(AsyncVerdict::kRetriesExhausted), kNow, 1'000'000);
  EXPECT_TRUE(failed.contains(R"("condition":"RetriesExhausted")"));
  EXPECT_TRUE(failed.contains(R"("functionError":"Unhandled")"));
}

TEST(AsyncOutcomes, an_event_that_never_ran_has_no_response) {
  AsyncOutcome never = outcome(AsyncVerdict::kEventAgeExceeded);
  never.progress = {};
  never.event.payload.clear();
  never.event.qualifier = "live";
  const std::string record = invocation_record(never, kNow, 1'000'000);
  EXPECT_TRUE(record.contains(R"(f:live","condition":"EventAgeExceeded")"));
  EXPECT_TRUE(record.ends_with(R"("requestPayload":{}})"));
}

TEST(AsyncOutcomes, a_record_is_json_whatever_the_function_answered) {
  AsyncOutcome odd = outcome(AsyncVerdict::kSucceeded);
  odd.response = "no \"JSON\"";
  EXPECT_TRUE(
      invocation_record(odd, kNow, 1'000'000).ends_with(R"("responsePayload":"no \"JSON\""})"));
}

TEST(AsyncOutcomes, what_is_too_large_is_left_out_the_response_first) {
  AsyncOutcome large = outcome(AsyncVerdict::kSucceeded);
  large.response = "\"" + std::string(2'000, 'x') + "\"";
  const std::string without = invocation_record(large, kNow, 1'000);
  EXPECT_TRUE(without.contains(R"("responsePayload":null)"));
  EXPECT_TRUE(without.contains(R"("requestPayload":{"n": 1})"));
  large.event.payload = "\"" + std::string(2'000, 'y') + "\"";
  EXPECT_TRUE(invocation_record(large, kNow, 1'000).contains(R"("requestPayload":null)"));
}

TEST(AsyncOutcomes, go_where_the_settings_say) {
  AsyncOutcome good = outcome(AsyncVerdict::kSucceeded);
  EXPECT_TRUE(entries_of(good, kNow, "id").empty());
  good.settings.on_failure = kQueue;
  EXPECT_TRUE(entries_of(good, kNow, "id").empty());
  good.settings.on_success = kQueue;
  const auto entries = entries_of(good, kNow, "id");
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].target, kQueue);
  const auto event = event_of(entries[0]);
  EXPECT_EQ(event.service, "lambda.amazonaws.com");
  EXPECT_EQ(event.source_arn, kArn);
  EXPECT_EQ(event.role_arn, "arn:aws:iam::123456789012:role/r");
}

TEST(AsyncOutcomes, a_bucket_gets_an_object_with_function_and_time_in_its_name) {
  AsyncOutcome failed = outcome(AsyncVerdict::kRetriesExhausted);
  failed.settings.on_failure = "arn:aws:s3:::bucket";
  const auto entries = entries_of(failed, kNow, "id");
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(event_of(entries[0]).subject, "aws/lambda/async/f/2026/01/31/2026-01-31T10.20.30-id");
}

TEST(AsyncOutcomes, dead_letters_get_the_event_beside_the_record) {
  AsyncOutcome failed = outcome(AsyncVerdict::kRetriesExhausted);
  failed.settings.on_failure = kQueue;
  set_dead_letters(failed, "arn:aws:sqs:us-east-1:123456789012:dead");
  const auto entries = entries_of(failed, kNow, "id");
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[1].target, "arn:aws:sqs:us-east-1:123456789012:dead");
  const auto event = event_of(entries[1]);
  EXPECT_EQ(event.payload, R"({"n": 1})");
  EXPECT_EQ(event.attributes.at("RequestID").value, "r-1");
  EXPECT_EQ(event.attributes.at("ErrorCode").value, "200");
  EXPECT_EQ(event.attributes.at("ErrorMessage").value, "boom");
  AsyncOutcome good = outcome(AsyncVerdict::kSucceeded);
  set_dead_letters(good, "arn:aws:sqs:us-east-1:123456789012:dead");
  EXPECT_TRUE(entries_of(good, kNow, "id").empty());
}

TEST(AsyncOutcomes, of_a_function_that_is_gone_go_nowhere) {
  AsyncOutcome gone = outcome(AsyncVerdict::kDropped);
  gone.settings.on_failure = kQueue;
  gone.function = nullptr;
  EXPECT_TRUE(entries_of(gone, kNow, "id").empty());
}

TEST(AsyncEvents, survive_their_encoding) {
  const AsyncEvent event{.request_id = "r-1",
                         .function = {"1", "eu-west-1", "f"},
                         .qualifier = "live",
                         .payload = std::string("a\0b", 3),
                         .client_context = "{}",
                         .trace_header = "Root=1",
                         .tenant_id = "blue"};
  const auto read = decode_async_event(encode(event));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->function, event.function);
  EXPECT_EQ(read->payload, event.payload);
  EXPECT_EQ(read->tenant_id, "blue");
  EXPECT_EQ(read->invoked_arn(), "arn:aws:lambda:eu-west-1:1:function:f:live");
  AsyncProgress progress{.invocations = 2, .function_errors = 1, .backoffs = 3};
  progress.error_message = "boom";
  const auto back = decode_async_progress(encode(progress));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->backoffs, 3);
  EXPECT_EQ(back->error_message, "boom");
  EXPECT_EQ(decode_async_progress("")->invocations, 0);
  EXPECT_FALSE(decode_async_event("x"));
}

}  // namespace
}  // namespace kiln::invoke
