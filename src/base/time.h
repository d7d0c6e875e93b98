// SPDX-License-Identifier: Apache-2.0
#pragma once
// Points in time without <chrono>: wall-clock milliseconds and monotonic nanoseconds, and the text
// forms that AWS protocols use. Reading a clock is async/clock.h; nothing here does.

#include "base/result.h"

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace kiln {

// Milliseconds since 1970-01-01T00:00:00Z. May be negative.
struct Timestamp {
  std::int64_t ms = 0;
  auto operator<=>(const Timestamp&) const = default;
};

// Nanoseconds on a clock that never goes back. Only differences mean anything.
struct Monotonic {
  std::int64_t ns = 0;
  auto operator<=>(const Monotonic&) const = default;
  Monotonic plus_ms(std::int64_t ms) const { return {ns + ms * 1'000'000}; }
};

// "2026-01-31T10:20:30Z", or with ".123" when milliseconds are not zero or `always_ms`.
std::string format_iso8601(Timestamp time, bool always_ms = false);
// "Sat, 31 Jan 2026 10:20:30 GMT" (RFC 7231 date).
std::string format_http_date(Timestamp time);
// "2026-01-31T10:20:30.123+0000", the form of Lambda's LastModified.
std::string format_lambda_time(Timestamp time);
// "20260131T102030Z", the form of X-Amz-Date.
std::string format_amz_date(Timestamp time);

// ISO 8601 with optional fraction and zone ("Z", "+hh:mm"). Error: kInvalidArgument.
Result<Timestamp> parse_iso8601(std::string_view text);
// RFC 7231 date, fraction of seconds allowed. Error: kInvalidArgument.
Result<Timestamp> parse_http_date(std::string_view text);
// Exactly "YYYYMMDDTHHMMSSZ". Error: kInvalidArgument.
Result<Timestamp> parse_amz_date(std::string_view text);

}  // namespace kiln
