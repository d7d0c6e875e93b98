// SPDX-License-Identifier: Apache-2.0
#include "invoke/async_policy.h"

#include <gtest/gtest.h>

namespace kiln::invoke {
namespace {

constexpr Timestamp kAccepted{1'000'000};
constexpr std::int64_t kHourMs = 60 * 60 * 1'000;

Timestamp later(std::int64_t ms) { return {kAccepted.ms + ms}; }

AsyncProgress after_failures(int count) {
  AsyncProgress progress;
  for (int i = 0; i < count; ++i) {
    record_run(progress, {.payload = R"({"errorMessage":"boom"})", .function_error = "Unhandled"});
  }
  return progress;
}

TEST(AsyncPolicy, a_function_error_is_tried_again_after_one_and_two_minutes) {
  const AsyncSettings settings;
  const auto first = decide_after_run(after_failures(1), settings, kAccepted, later(10));
  EXPECT_EQ(first.verdict, AsyncVerdict::kRetry);
  EXPECT_EQ(first.at.ms, later(10 + 60'000).ms);
  const auto second = decide_after_run(after_failures(2), settings, kAccepted, later(70'000));
  EXPECT_EQ(second.verdict, AsyncVerdict::kRetry);
  EXPECT_EQ(second.at.ms, later(70'000 + 120'000).ms);
  EXPECT_EQ(decide_after_run(after_failures(3), settings, kAccepted, later(200'000)).verdict,
            AsyncVerdict::kRetriesExhausted);
}

TEST(AsyncPolicy, as_often_as_the_settings_say_and_no_longer_than_the_event_may_wait) {
  EXPECT_EQ(decide_after_run(after_failures(1), {.max_retries = 0}, kAccepted, kAccepted).verdict,
            AsyncVerdict::kRetriesExhausted);
  const AsyncSettings impatient{.max_age_s = 60};
  EXPECT_EQ(decide_after_run(after_failures(1), impatient, kAccepted, kAccepted).verdict,
            AsyncVerdict::kRetry);
  EXPECT_EQ(decide_after_run(after_failures(1), impatient, kAccepted, later(1)).verdict,
            AsyncVerdict::kEventAgeExceeded);
}

TEST(AsyncPolicy, success_ends_it_also_after_failures) {
  AsyncProgress progress = after_failures(2);
  record_run(progress, {.payload = "1", .executed_version = "7"});
  EXPECT_EQ(decide_after_run(progress, {}, kAccepted, later(1)).verdict, AsyncVerdict::kSucceeded);
  EXPECT_EQ(progress.invocations, 3);
  EXPECT_EQ(progress.executed_version, "7");
  EXPECT_EQ(progress.error_message, "");
}

TEST(AsyncPolicy, throttles_back_off_from_a_second_to_five_minutes) {
  const AsyncSettings settings;
  AsyncProgress progress;
  std::int64_t most = 1'000;
  for (int i = 0; i < 12; ++i) {
    record_backoff(progress, {"TooManyRequestsException", 429, "Rate Exceeded."});
    for (const std::uint64_t jitter : {0ull, 12'345ull, ~0ull}) {
      const auto decision = decide_after_backoff(progress, settings, kAccepted, later(5), jitter);
      EXPECT_EQ(decision.verdict, AsyncVerdict::kRetry);
      const std::int64_t delay = decision.at.ms - later(5).ms;
      EXPECT_LE(delay, most);
      EXPECT_GT(delay, most * 3 / 4 - 1);
    }
    most = std::min<std::int64_t>(most * 2, 300'000);
  }
  EXPECT_EQ(most, 300'000);
  EXPECT_EQ(progress.status_code, 429);
}

TEST(AsyncPolicy, throttles_end_with_the_events_age) {
  AsyncProgress progress;
  progress.backoffs = 20;
  const auto last = decide_after_backoff(progress, {}, kAccepted, later(6 * kHourMs - 10), 0);
  EXPECT_EQ(last.verdict, AsyncVerdict::kRetry);
  EXPECT_EQ(last.at.ms, later(6 * kHourMs).ms);
  EXPECT_EQ(decide_after_backoff(progress, {}, kAccepted, later(6 * kHourMs), 0).verdict,
            AsyncVerdict::kEventAgeExceeded);
}

TEST(AsyncPolicy, a_run_begins_the_backoff_anew) {
  AsyncProgress progress;
  for (int i = 0; i < 5; ++i) record_backoff(progress, {"ServiceException", 500, "no"});
  record_run(progress, {.function_error = "Unhandled"});
  EXPECT_EQ(progress.backoffs, 0);
  EXPECT_EQ(progress.function_errors, 1);
}

TEST(AsyncPolicy, the_error_is_the_runtimes_message_in_bounds) {
  EXPECT_EQ(after_failures(1).error_message, "boom");
  AsyncProgress progress;
  record_run(progress, {.payload = "no JSON", .function_error = "Unhandled"});
  EXPECT_EQ(progress.error_message, "no JSON");
  record_run(progress, {.payload = std::string(100'000, 'x'), .function_error = "Unhandled"});
  EXPECT_EQ(progress.error_message.size(), kMaxErrorMessageBytes);
}

TEST(AsyncPolicy, conditions_are_those_of_invocation_records) {
  EXPECT_EQ(condition_of(AsyncVerdict::kSucceeded), "Success");
  EXPECT_EQ(condition_of(AsyncVerdict::kRetriesExhausted), "RetriesExhausted");
  EXPECT_EQ(condition_of(AsyncVerdict::kEventAgeExceeded), "EventAgeExceeded");
  EXPECT_EQ(condition_of(AsyncVerdict::kZeroReservedConcurrency), "ZeroReservedConcurrency");
}

}  // namespace
}  // namespace kiln::invoke
