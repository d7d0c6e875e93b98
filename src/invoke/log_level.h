// SPDX-License-Identifier: Apache-2.0
#pragma once
// Levels of log lines, for functions with the JSON log format.
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html

#include <cstdint>
#include <optional>
#include <string_view>

namespace kiln::invoke {

enum class LogLevel : std::uint8_t { kTrace, kDebug, kInfo, kWarn, kError, kFatal };

// Any case; "WARNING" and "CRITICAL" (Python's names) too.
std::optional<LogLevel> parse_log_level(std::string_view name);

// The level that a line of JSON names in its top-level member "level". INFO when the line is no
// object, has no level or one that is none: Lambda's rule.
LogLevel level_of_line(std::string_view line);

}  // namespace kiln::invoke
