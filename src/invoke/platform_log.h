// SPDX-License-Identifier: Apache-2.0
#pragma once
// The lines that Lambda itself writes into a function's log, in its text and its JSON format.
//
// Pure formatting. Text lines are those of CloudWatch to the letter, trailing tab and newline
// included; JSON events follow the Telemetry API's schema.
// https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html

#include "base/time.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kiln::invoke {

enum class Completion : std::uint8_t {
  kSuccess,
  kFunctionError,  // the handler failed; the text REPORT does not tell, the JSON one does
  kError,          // the runtime failed: exit, failed initialisation, response too large
  kTimeout,
};

struct InvocationReport {
  std::string_view request_id;
  std::int64_t duration_ns = 0;
  std::int64_t init_ns = -1;           // cold starts only; -1: none
  std::int64_t restore_ns = -1;        // SnapStart's cold starts only; -1: none
  std::int64_t billed_restore_ms = 0;  // the runtime's part of it
  int memory_mb = 0;
  int max_memory_used_mb = 0;
  Completion completion = Completion::kSuccess;
  std::string_view error_type;  // "Runtime.ExitError"
};

struct InitStart {
  std::string_view runtime_version;      // "python:3.12.v1"
  std::string_view runtime_version_arn;  // "arn:aws:lambda:us-east-1::runtime:..."
  std::string_view function_name;
  std::string_view function_version;
  std::string_view instance_id;  // the log stream's name
  std::int64_t memory_bytes = 0;
};

struct InitReport {
  std::int64_t duration_ns = 0;
  std::string_view phase;  // "init", or "invoke" when it ran again inside the first invocation
  Completion completion = Completion::kSuccess;
  std::string_view error_type;
};

// Whole milliseconds billed: initialisation or restore, and invocation together, rounded up.
std::int64_t billed_ms(const InvocationReport& report);

std::string text_init_start(const InitStart& init);
std::string text_init_report(const InitReport& report);
std::string text_restore_start(const InitStart& init);
std::string text_restore_report(const InitReport& report);  // its phase is not shown
std::string text_start(std::string_view request_id, std::string_view version);
std::string text_end(std::string_view request_id);
// `trace`: of a sampled invocation, for the line that leads to it; else empty.
std::string text_report(const InvocationReport& report, std::string_view trace = {});

// "EXTENSION\tName: ...", "TELEMETRY\tName: ...", "LOGS\tName: ...".
struct ExtensionLine {
  std::string_view kind;  // "EXTENSION"
  std::string_view name;
  std::string_view state;
  const std::vector<std::string>* items = nullptr;  // events or types
  std::string_view error_type;
};
std::string text_extension(const ExtensionLine& line);
// "platform.extension", "platform.telemetrySubscription" or "platform.logsSubscription".
std::string json_extension(Timestamp time, const ExtensionLine& line);

std::string json_init_start(Timestamp time, const InitStart& init);
std::string json_init_runtime_done(Timestamp time, const InitReport& report);
std::string json_init_report(Timestamp time, const InitReport& report);
std::string json_restore_start(Timestamp time, const InitStart& init);
std::string json_restore_runtime_done(Timestamp time, const InitReport& report);
std::string json_restore_report(Timestamp time, const InitReport& report);
// `trace`: the value of X-Amzn-Trace-Id; empty leaves "tracing" out, as the log does.
std::string json_start(Timestamp time, std::string_view request_id, std::string_view function_arn,
                       std::string_view version, std::string_view trace = {});
// `began`: when the invocation did, for the span of the response; empty leaves "spans" out.
std::string json_runtime_done(Timestamp time, const InvocationReport& report,
                              std::size_t produced_bytes, std::string_view trace = {},
                              std::optional<Timestamp> began = {});
std::string json_report(Timestamp time, const InvocationReport& report,
                        std::string_view trace = {});
// Of telemetry only: a line of the function or of an extension ("function", "extension"); when
// `json` the line is an object of its own. Faults, and the older API's end.
std::string json_line(Timestamp time, std::string_view type, std::string_view line, bool json);
std::string json_end(Timestamp time, std::string_view request_id);

// "2026-01-31T10:20:30.123Z <id> Task timed out after 3.00 seconds\n\n", in both formats.
std::string timeout_line(Timestamp time, std::string_view request_id, int timeout_s);
// "3.00": how AWS writes a timeout.
std::string timeout_seconds(int timeout_s);

}  // namespace kiln::invoke
