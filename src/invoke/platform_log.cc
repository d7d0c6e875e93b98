// SPDX-License-Identifier: Apache-2.0
#include "invoke/platform_log.h"

#include "base/encoding.h"
#include "invoke/trace_header.h"

namespace kiln::invoke {
namespace {

// "12.34": nanoseconds as milliseconds with two digits, rounded.
void append_ms(std::string& out, std::int64_t ns) {
  const std::int64_t hundredths = (ns + 5'000) / 10'000;
  out += std::to_string(hundredths / 100);
  out += '.';
  out += static_cast<char>('0' + hundredths / 10 % 10);
  out += static_cast<char>('0' + hundredths % 10);
}

// A JSON number of milliseconds with up to three digits.
void append_json_ms(std::string& out, std::int64_t ns) {
  const std::int64_t us = (ns + 500) / 1'000;
  out += std::to_string(us / 1'000);
  std::string fraction = std::to_string(1'000 + us % 1'000).substr(1);
  while (!fraction.empty() && fraction.back() == '0') fraction.pop_back();
  if (!fraction.empty()) out.append(1, '.').append(fraction);
}

void append_text_status(std::string& out, Completion completion, std::string_view error_type) {
  if (completion == Completion::kTimeout) {
    out += "Status: timeout";
    return;
  }
  out += "Status: error\tError Type: ";
  out += error_type;
}

bool shows_status(Completion completion) {
  return completion == Completion::kError || completion == Completion::kTimeout;
}

std::string_view json_status(Completion completion) {
  switch (completion) {
    case Completion::kSuccess:
      return "success";
    case Completion::kTimeout:
      return "timeout";
    case Completion::kFunctionError:
    case Completion::kError:
      return "error";
  }
  return "error";
}

void append_json_status(std::string& out, Completion completion, std::string_view error_type) {
  out += ",\"status\":\"";
  out += json_status(completion);
  out += '"';
  if (completion == Completion::kSuccess || completion == Completion::kTimeout) return;
  out += ",\"errorType\":";
  append_json_string(out, error_type);
}

std::string event(Timestamp time, std::string_view type) {
  std::string out;
  out.reserve(320);
  out += "{\"time\":\"";
  out += format_iso8601(time, true);
  out += "\",\"type\":\"platform.";
  out += type;
  out += "\",\"record\":{";
  return out;
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  if (out.back() != '{') out += ',';
  append_json_string(out, name);
  out += ':';
  append_json_string(out, value);
}

std::string finished(std::string out) {
  out += "}}\n";
  return out;
}

constexpr std::string_view kOnDemand = "on-demand";

void append_tracing(std::string& out, std::string_view trace) {
  if (trace.empty()) return;
  out += R"(,"tracing":{"type":"X-Amzn-Trace-Id","value":)";
  append_json_string(out, trace);
  out += '}';
}

void append_list(std::string& out, const std::vector<std::string>& items) {
  out += '[';
  for (const std::string& item : items) {
    if (out.back() != '[') out += ',';
    append_json_string(out, item);
  }
  out += ']';
}

}  // namespace

std::int64_t billed_ms(const InvocationReport& report) {
  const std::int64_t ns = report.duration_ns + (report.init_ns > 0 ? report.init_ns : 0);
  return (ns + 999'999) / 1'000'000 + report.billed_restore_ms;
}

namespace {

std::string text_starting(std::string_view what, const InitStart& init) {
  std::string out(what);
  out += " Runtime Version: ";
  out += init.runtime_version;
  out += "\tRuntime Version ARN: ";
  out += init.runtime_version_arn;
  out += '\n';
  return out;
}

}  // namespace

std::string text_init_start(const InitStart& init) { return text_starting("INIT_START", init); }

std::string text_restore_start(const InitStart& init) {
  return text_starting("RESTORE_START", init);
}

std::string text_restore_report(const InitReport& report) {
  std::string out = "RESTORE_REPORT Restore Duration: ";
  append_ms(out, report.duration_ns);
  out += " ms";
  if (shows_status(report.completion)) {
    out += '\t';
    append_text_status(out, report.completion, report.error_type);
  }
  out += '\n';
  return out;
}

std::string text_init_report(const InitReport& report) {
  std::string out = "INIT_REPORT Init Duration: ";
  append_ms(out, report.duration_ns);
  out += " ms\tPhase: ";
  out += report.phase;
  if (shows_status(report.completion)) {
    out += '\t';
    append_text_status(out, report.completion, report.error_type);
  }
  out += '\n';
  return out;
}

std::string text_start(std::string_view request_id, std::string_view version) {
  std::string out;
  out.reserve(32 + request_id.size() + version.size());
  out += "START RequestId: ";
  out += request_id;
  out += " Version: ";
  out += version;
  out += '\n';
  return out;
}

std::string text_end(std::string_view request_id) {
  std::string out;
  out.reserve(20 + request_id.size());
  out += "END RequestId: ";
  out += request_id;
  out += '\n';
  return out;
}

std::string text_report(const InvocationReport& report, std::string_view trace) {
  std::string out;
  out.reserve(224);
  out += "REPORT RequestId: ";
  out += report.request_id;
  out += "\tDuration: ";
  append_ms(out, report.duration_ns);
  out += " ms\tBilled Duration: ";
  out += std::to_string(billed_ms(report));
  out += " ms\tMemory Size: ";
  out += std::to_string(report.memory_mb);
  out += " MB\tMax Memory Used: ";
  out += std::to_string(report.max_memory_used_mb);
  out += " MB\t";
  if (report.init_ns >= 0) {
    out += "Init Duration: ";
    append_ms(out, report.init_ns);
    out += " ms\t";
  }
  if (report.restore_ns >= 0) {
    out += "Restore Duration: ";
    append_ms(out, report.restore_ns);
    out += " ms\tBilled Restore Duration: " + std::to_string(report.billed_restore_ms) + " ms\t";
  }
  if (shows_status(report.completion))
    append_text_status(out, report.completion, report.error_type);
  out += '\n';
  if (trace.empty()) return out;
  out.append("XRAY TraceId: ").append(trace_field(trace, "Root"));
  out.append("\tSegmentId: ").append(trace_field(trace, "Parent"));
  return out.append("\tSampled: true\t\n");
}

std::string text_extension(const ExtensionLine& line) {
  const bool events = line.kind == "EXTENSION";
  std::string out(line.kind);
  out.append("\tName: ").append(line.name).append("\tState: ").append(line.state);
  out += events ? "\tEvents: [" : "\tTypes: [";
  for (const std::string& item : *line.items) {
    if (out.back() != '[') out += ", ";
    out += item;
    // "Platform": the types' names begin with a capital here.
    if (!events && !item.empty()) {
      char& first = out[out.size() - item.size()];
      if (first >= 'a' && first <= 'z') first = static_cast<char>(first - 'a' + 'A');
    }
  }
  out += ']';
  if (!line.error_type.empty()) out.append("\tError Type: ").append(line.error_type);
  out += '\n';
  return out;
}

std::string json_extension(Timestamp time, const ExtensionLine& line) {
  const bool events = line.kind == "EXTENSION";
  std::string out = event(time, events                     ? "extension"
                                : line.kind == "TELEMETRY" ? "telemetrySubscription"
                                                           : "logsSubscription");
  append_field(out, "name", line.name);
  append_field(out, "state", line.state);
  out += events ? ",\"events\":" : ",\"types\":";
  append_list(out, *line.items);
  if (!line.error_type.empty()) append_field(out, "errorType", line.error_type);
  return finished(std::move(out));
}

std::string json_line(Timestamp time, std::string_view type, std::string_view line, bool json) {
  std::string out;
  out.reserve(line.size() + 80);
  out.append(R"({"time":")").append(format_iso8601(time, true)).append(R"(","type":")");
  out.append(type).append(R"(","record":)");
  if (json) {
    while (line.ends_with('\n')) line.remove_suffix(1);
    out += line;
  } else {
    append_json_string(out, line);
  }
  out += "}\n";
  return out;
}

std::string json_end(Timestamp time, std::string_view request_id) {
  std::string out = event(time, "end");
  append_field(out, "requestId", request_id);
  return finished(std::move(out));
}

namespace {

std::string with_environment(std::string out, const InitStart& init) {
  append_field(out, "runtimeVersion", init.runtime_version);
  append_field(out, "runtimeVersionArn", init.runtime_version_arn);
  append_field(out, "functionName", init.function_name);
  append_field(out, "functionVersion", init.function_version);
  append_field(out, "instanceId", init.instance_id);
  out += ",\"instanceMaxMemory\":";
  out += std::to_string(init.memory_bytes);
  return finished(std::move(out));
}

}  // namespace

std::string json_init_start(Timestamp time, const InitStart& init) {
  std::string out = event(time, "initStart");
  append_field(out, "initializationType", kOnDemand);
  append_field(out, "phase", "init");
  return with_environment(std::move(out), init);
}

std::string json_restore_start(Timestamp time, const InitStart& init) {
  return with_environment(event(time, "restoreStart"), init);
}

std::string json_restore_runtime_done(Timestamp time, const InitReport& report) {
  std::string out = event(time, "restoreRuntimeDone");
  out += "\"status\":\"";
  out += json_status(report.completion);
  out += '"';
  if (!report.error_type.empty()) append_field(out, "errorType", report.error_type);
  return finished(std::move(out));
}

std::string json_restore_report(Timestamp time, const InitReport& report) {
  std::string out = json_restore_runtime_done(time, report);
  out.replace(out.find("restoreRuntimeDone"), 18, "restoreReport");
  out.resize(out.size() - 3);
  out += ",\"metrics\":{\"durationMs\":";
  append_json_ms(out, report.duration_ns);
  out += '}';
  return finished(std::move(out));
}

std::string json_init_runtime_done(Timestamp time, const InitReport& report) {
  std::string out = event(time, "initRuntimeDone");
  append_field(out, "initializationType", kOnDemand);
  append_field(out, "phase", report.phase);
  append_json_status(out, report.completion, report.error_type);
  return finished(std::move(out));
}

std::string json_init_report(Timestamp time, const InitReport& report) {
  std::string out = event(time, "initReport");
  append_field(out, "initializationType", kOnDemand);
  append_field(out, "phase", report.phase);
  append_json_status(out, report.completion, report.error_type);
  out += ",\"metrics\":{\"durationMs\":";
  append_json_ms(out, report.duration_ns);
  out += '}';
  return finished(std::move(out));
}

std::string json_start(Timestamp time, std::string_view request_id, std::string_view function_arn,
                       std::string_view version, std::string_view trace) {
  std::string out = event(time, "start");
  append_field(out, "requestId", request_id);
  append_field(out, "functionArn", function_arn);
  append_field(out, "version", version);
  append_tracing(out, trace);
  return finished(std::move(out));
}

std::string json_runtime_done(Timestamp time, const InvocationReport& report,
                              std::size_t produced_bytes, std::string_view trace,
                              std::optional<Timestamp> began) {
  std::string out = event(time, "runtimeDone");
  append_field(out, "requestId", report.request_id);
  append_json_status(out, report.completion, report.error_type);
  out += ",\"metrics\":{\"durationMs\":";
  append_json_ms(out, report.duration_ns);
  out += ",\"producedBytes\":";
  out += std::to_string(produced_bytes);
  out += '}';
  append_tracing(out, trace);
  if (began) {
    out += R"(,"spans":[{"name":"responseLatency","start":")" + format_iso8601(*began, true);
    out += R"(","durationMs":)";
    append_json_ms(out, report.duration_ns);
    out += "}]";
  }
  return finished(std::move(out));
}

std::string json_report(Timestamp time, const InvocationReport& report, std::string_view trace) {
  std::string out = event(time, "report");
  append_field(out, "requestId", report.request_id);
  out += ",\"metrics\":{\"durationMs\":";
  append_json_ms(out, report.duration_ns);
  out += ",\"billedDurationMs\":";
  out += std::to_string(billed_ms(report));
  out += ",\"memorySizeMB\":";
  out += std::to_string(report.memory_mb);
  out += ",\"maxMemoryUsedMB\":";
  out += std::to_string(report.max_memory_used_mb);
  if (report.init_ns >= 0) {
    out += ",\"initDurationMs\":";
    append_json_ms(out, report.init_ns);
  }
  if (report.restore_ns >= 0) {
    out += ",\"restoreDurationMs\":";
    append_json_ms(out, report.restore_ns);
    out += ",\"billedRestoreDurationMs\":" + std::to_string(report.billed_restore_ms);
  }
  out += '}';
  append_json_status(out, report.completion, report.error_type);
  append_tracing(out, trace);
  return finished(std::move(out));
}

std::string timeout_seconds(int timeout_s) { return std::to_string(timeout_s) + ".00"; }

std::string timeout_line(Timestamp time, std::string_view request_id, int timeout_s) {
  std::string out = format_iso8601(time, true);
  out += ' ';
  out += request_id;
  out += " Task timed out after ";
  out += timeout_seconds(timeout_s);
  out += " seconds\n\n";
  return out;
}

}  // namespace kiln::invoke
