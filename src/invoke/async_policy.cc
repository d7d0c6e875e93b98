// SPDX-License-Identifier: Apache-2.0
#include "invoke/async_policy.h"

#include <boost/json.hpp>

#include <algorithm>

namespace kiln::invoke {
namespace {

constexpr std::int64_t kFirstRetryMs = 60'000;
constexpr std::int64_t kLaterRetryMs = 120'000;
constexpr std::int64_t kFirstBackoffMs = 1'000;
constexpr std::int64_t kMaxBackoffMs = 5 * 60'000;

// The error object's message; all of what a runtime sent when it is none.
std::string error_message_of(const std::string& payload) {
  boost::system::error_code error;
  const auto parsed = boost::json::parse(payload, error);
  if (error || !parsed.is_object()) return payload;
  const auto* message = parsed.as_object().if_contains("errorMessage");
  return message && message->is_string() ? std::string(message->as_string()) : payload;
}

}  // namespace

std::string_view condition_of(AsyncVerdict verdict) {
  switch (verdict) {
    case AsyncVerdict::kSucceeded:
      return "Success";
    case AsyncVerdict::kEventAgeExceeded:
      return "EventAgeExceeded";
    case AsyncVerdict::kZeroReservedConcurrency:
      return "ZeroReservedConcurrency";
    default:
      return "RetriesExhausted";
  }
}

AsyncDecision decide_after_run(const AsyncProgress& progress, const AsyncSettings& settings,
                               Timestamp accepted, Timestamp now) {
  if (progress.function_error.empty()) return {AsyncVerdict::kSucceeded};
  if (progress.function_errors > settings.max_retries) return {AsyncVerdict::kRetriesExhausted};
  const std::int64_t delay = progress.function_errors == 1 ? kFirstRetryMs : kLaterRetryMs;
  if (now.ms + delay - accepted.ms > settings.max_age_s * 1'000) {
    return {AsyncVerdict::kEventAgeExceeded};
  }
  return {AsyncVerdict::kRetry, {now.ms + delay}};
}

AsyncDecision decide_after_backoff(const AsyncProgress& progress, const AsyncSettings& settings,
                                   Timestamp accepted, Timestamp now, std::uint64_t jitter) {
  const std::int64_t end = accepted.ms + settings.max_age_s * 1'000;
  if (now.ms >= end) return {AsyncVerdict::kEventAgeExceeded};
  std::int64_t delay = kFirstBackoffMs;
  for (int i = 1; i < progress.backoffs && delay < kMaxBackoffMs; ++i) delay *= 2;
  delay = std::min(delay, kMaxBackoffMs);
  // Events that were throttled together do not come back together.
  delay -= static_cast<std::int64_t>(jitter % static_cast<std::uint64_t>(delay / 4));
  // At its end the event is looked at once more, and given up.
  return {AsyncVerdict::kRetry, {std::min(now.ms + delay, end)}};
}

void record_run(AsyncProgress& progress, const InvokeResult& result) {
  ++progress.invocations;
  progress.backoffs = 0;
  progress.status_code = 200;
  progress.executed_version = result.executed_version;
  progress.function_error = result.function_error;
  progress.error_message.clear();
  if (result.function_error.empty()) return;
  ++progress.function_errors;
  progress.error_message = error_message_of(result.payload).substr(0, kMaxErrorMessageBytes);
}

void record_backoff(AsyncProgress& progress, const aws::ApiError& error) {
  ++progress.backoffs;
  progress.status_code = error.http_status;
  progress.function_error.clear();
  progress.error_message = error.message.substr(0, kMaxErrorMessageBytes);
}

}  // namespace kiln::invoke
