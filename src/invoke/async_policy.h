// SPDX-License-Identifier: Apache-2.0
#pragma once
// What becomes of an asynchronous event after an attempt. Pure functions.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html

#include "aws/api_error.h"
#include "base/time.h"
#include "invoke/async_event.h"
#include "invoke/invoker.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace kiln::invoke {

struct AsyncSettings {
  int max_retries = 2;  // after function errors
  std::int64_t max_age_s = 6 * 60 * 60;
  std::string on_success;  // ARNs; empty: none
  std::string on_failure;
};

enum class AsyncVerdict : std::uint8_t {
  kSucceeded,
  kRetry,  // at AsyncDecision::at
  kRetriesExhausted,
  kEventAgeExceeded,
  kZeroReservedConcurrency,
  kRefused,  // stopped in a loop of functions, or without the tenant it needs
  kDropped,  // nobody can ever run it: the function is gone
};
// "Success", "RetriesExhausted" and so on, as the invocation record spells it.
std::string_view condition_of(AsyncVerdict verdict);

struct AsyncDecision {
  AsyncVerdict verdict;
  Timestamp at{};
};

// `progress` holds the counts after the attempt. `jitter` is a random number.
AsyncDecision decide_after_run(const AsyncProgress& progress, const AsyncSettings& settings,
                               Timestamp accepted, Timestamp now);
// A throttle or a system error: the function did not run.
AsyncDecision decide_after_backoff(const AsyncProgress& progress, const AsyncSettings& settings,
                                   Timestamp accepted, Timestamp now, std::uint64_t jitter);

// Counts the attempt in `progress`.
void record_run(AsyncProgress& progress, const InvokeResult& result);
void record_backoff(AsyncProgress& progress, const aws::ApiError& error);

}  // namespace kiln::invoke
