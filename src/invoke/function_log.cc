// SPDX-License-Identifier: Apache-2.0
#include "invoke/function_log.h"

#include "invoke/json_check.h"
#include "invoke/trace_header.h"

#include <utility>

namespace kiln::invoke {
namespace {

constexpr std::int64_t kFlushAfterMs = 100;
// A function that writes faster than the timer flushes is handed over in pieces of this size.
constexpr std::size_t kFlushBytes = 1024 * 1024;

LogLevel level_or(std::string_view name, LogLevel fallback) {
  return parse_log_level(name).value_or(fallback);
}

}  // namespace

std::string log_stream_name(Timestamp now, std::string_view version, std::string_view random_hex) {
  std::string day = format_iso8601(now).substr(0, 10);
  day[4] = day[7] = '/';
  day.append("/[").append(version).append("]").append(random_hex);
  return day;
}

FunctionLog::FunctionLog(Clock& clock, LogSink& sink, Metrics& metrics,
                         const lambda::FunctionVersion& function, LogStreamName stream)
    : clock_(clock),
      sink_(sink),
      filtered_(metrics.counter("kiln_invoke_log_events_filtered_total")),
      stream_(std::move(stream)),
      function_arn_(function.arn()),
      function_name_(function.name),
      version_(function.version),
      memory_bytes_(std::int64_t{function.memory_mb} * 1024 * 1024),
      json_(function.logging.json),
      application_level_(level_or(function.logging.application_level, LogLevel::kInfo)),
      system_level_(level_or(function.logging.system_level, LogLevel::kInfo)) {}

FunctionLog::~FunctionLog() { flush(); }

void FunctionLog::set_telemetry(runtime_api::Telemetry* telemetry) {
  telemetry_ = telemetry;
  if (telemetry_ != nullptr && !init_start_.empty())
    telemetry_->seed("platform.initStart", std::exchange(init_start_, {}));
}

void FunctionLog::publish(std::string_view type, std::string event) {
  if (event.ends_with('\n')) event.pop_back();
  telemetry_->publish(runtime_api::kPlatform, type, std::move(event));
}

void FunctionLog::publish_line(runtime_api::Stream stream, std::int64_t time_ms,
                               std::string_view text) {
  const std::string_view type = stream == runtime_api::kFunction ? "function" : "extension";
  const bool object = json_ && is_json_object(text) && !find_json_fault(text);
  std::string event = json_line(Timestamp{time_ms}, type, text, object);
  event.pop_back();
  telemetry_->publish(stream, type, std::move(event));
}

void FunctionLog::extension_output(const std::string& extension, const sandbox::Output& output) {
  const auto emit = [this](std::string_view text) {
    const std::int64_t now_ms = clock_.wall().ms;
    if (telemetry_on()) publish_line(runtime_api::kExtension, now_ms, text);
    add(now_ms, std::string(text));
  };
  if (output.kind == sandbox::Output::Kind::kFrame) return emit(output.bytes);
  extensions_[extension].add(output.bytes, emit);
}

void FunctionLog::extension_notice(const runtime_api::ExtensionNotice& notice) {
  using Kind = runtime_api::ExtensionNotice::Kind;
  const Timestamp now = clock_.wall();
  const ExtensionLine line{.kind = notice.kind == Kind::kExtension   ? "EXTENSION"
                                   : notice.kind == Kind::kTelemetry ? "TELEMETRY"
                                                                     : "LOGS",
                           .name = notice.name,
                           .state = notice.state,
                           .items = &notice.items,
                           .error_type = notice.error_type};
  std::string event = json_extension(now, line);
  if (telemetry_on()) {
    publish(notice.kind == Kind::kExtension   ? "platform.extension"
            : notice.kind == Kind::kTelemetry ? "platform.telemetrySubscription"
                                              : "platform.logsSubscription",
            event);
  }
  if (shows(LogLevel::kInfo)) add(now.ms, json_ ? std::move(event) : text_extension(line));
}

void FunctionLog::output(const sandbox::Output& output) {
  if (output.kind == sandbox::Output::Kind::kBytes) {
    assembler_.add(output.bytes, [this](std::string_view text) { line(text); });
    return;
  }
  if (telemetry_on()) {
    publish_line(runtime_api::kFunction, output.time_ms != 0 ? output.time_ms : clock_.wall().ms,
                 output.bytes);
  }
  if (json_ && level_of_line(output.bytes) < application_level_) {
    filtered_.add();
    return;
  }
  add(output.time_ms != 0 ? output.time_ms : clock_.wall().ms, std::string(output.bytes));
}

void FunctionLog::line(std::string_view text) {
  if (telemetry_on()) publish_line(runtime_api::kFunction, clock_.wall().ms, text);
  if (json_ && level_of_line(text) < application_level_) {
    filtered_.add();
    return;
  }
  add(clock_.wall().ms, std::string(text));
}

// Levels of system events: https://docs.aws.amazon.com/lambda/latest/dg/
// monitoring-cloudwatchlogs-log-level.html, "System log level event mapping".
InitStart FunctionLog::starting(std::string_view version, std::string_view version_arn,
                                std::string& instance) const {
  // AWS's instance id has the function's name before the version: ".../hello[$LATEST]0123...".
  instance = stream_.stream;
  if (const std::size_t bracket = instance.find('['); bracket != std::string::npos)
    instance.insert(bracket, function_name_);
  return {.runtime_version = version,
          .runtime_version_arn = version_arn,
          .function_name = function_name_,
          .function_version = version_,
          .instance_id = instance,
          .memory_bytes = memory_bytes_};
}

void FunctionLog::restore_start(std::string_view runtime_version,
                                std::string_view runtime_version_arn) {
  const Timestamp now = clock_.wall();
  std::string instance;
  const InitStart init = starting(runtime_version, runtime_version_arn, instance);
  if (!shows(LogLevel::kInfo)) return;
  add_outside_tail(now.ms, json_ ? json_restore_start(now, init) : text_restore_start(init));
}

void FunctionLog::restore_ended(const InitReport& report) {
  assembler_.finish([this](std::string_view text) { line(text); });
  const Timestamp now = clock_.wall();
  if (telemetry_on()) {
    publish("platform.restoreRuntimeDone", json_restore_runtime_done(now, report));
    publish("platform.restoreReport", json_restore_report(now, report));
  }
  if (!shows(LogLevel::kInfo)) return;
  add_outside_tail(now.ms, json_ ? json_restore_report(now, report) : text_restore_report(report));
}

void FunctionLog::init_start(std::string_view runtime_version,
                             std::string_view runtime_version_arn) {
  const Timestamp now = clock_.wall();
  std::string instance;
  const InitStart init = starting(runtime_version, runtime_version_arn, instance);
  init_start_ = json_init_start(now, init);
  if (!shows(LogLevel::kInfo)) return;
  // AWS leaves this line out of the tail: it belongs to no invocation.
  add_outside_tail(now.ms, json_ ? init_start_ : text_init_start(init));
}

void FunctionLog::note(std::string text) {
  if (shows(LogLevel::kInfo)) add_outside_tail(clock_.wall().ms, std::move(text));
}

void FunctionLog::init_failed(const InitReport& report) {
  assembler_.finish([this](std::string_view text) { line(text); });
  const Timestamp now = clock_.wall();
  if (telemetry_on()) {
    publish("platform.initRuntimeDone", json_init_runtime_done(now, report));
    publish("platform.initReport", json_init_report(now, report));
  }
  if (!json_) {
    add(now.ms, text_init_report(report));
    return;
  }
  add(now.ms, json_init_runtime_done(now, report));
  add(now.ms, json_init_report(now, report));
}

void FunctionLog::init_succeeded(std::int64_t duration_ns) {
  const InitReport report{.duration_ns = duration_ns, .phase = "init"};
  if (telemetry_on()) {
    const Timestamp done = clock_.wall();
    publish("platform.initRuntimeDone", json_init_runtime_done(done, report));
    publish("platform.initReport", json_init_report(done, report));
  }
  if (!json_ || !shows(LogLevel::kDebug)) return;
  const Timestamp now = clock_.wall();
  add(now.ms, json_init_runtime_done(now, report));
  add(now.ms, json_init_report(now, report));
}

void FunctionLog::start(std::string_view request_id, std::string_view trace) {
  const Timestamp now = clock_.wall();
  sampled_ = trace_field(trace, "Sampled") == "1";
  if (sampled_ || telemetry_on()) trace_ = trace;
  if (telemetry_on()) {
    began_ = now;
    runtime_done_ = false;
    publish("platform.start", json_start(now, request_id, function_arn_, version_, trace_));
  }
  if (!shows(LogLevel::kInfo)) return;
  add(now.ms, json_ ? json_start(now, request_id, function_arn_, version_, sampled_trace())
                    : text_start(request_id, version_));
}

void FunctionLog::runtime_done(const InvocationReport& report, std::size_t produced_bytes) {
  assembler_.finish([this](std::string_view text) { line(text); });
  if (!telemetry_on() || std::exchange(runtime_done_, true)) return;
  publish("platform.runtimeDone",
          json_runtime_done(clock_.wall(), report, produced_bytes, trace_, began_));
}

void FunctionLog::publish_end(const InvocationReport& report, std::string_view fault,
                              std::size_t produced_bytes) {
  runtime_done(report, produced_bytes);
  const Timestamp now = clock_.wall();
  if (report.completion == Completion::kError && !fault.empty()) {
    while (fault.ends_with('\n')) fault.remove_suffix(1);
    publish("platform.fault", json_line(now, "platform.fault", fault, false));
  }
  publish("platform.end", json_end(now, report.request_id));
  publish("platform.report", json_report(now, report, trace_));
}

void FunctionLog::finish(const InvocationReport& report, std::string_view extra,
                         std::size_t produced_bytes) {
  assembler_.finish([this](std::string_view text) { line(text); });
  const Timestamp now = clock_.wall();
  if (telemetry_on()) publish_end(report, extra, produced_bytes);
  if (!extra.empty()) add(now.ms, std::string(extra));
  if (!json_) {
    add(now.ms, text_end(report.request_id));
    add(now.ms, text_report(report, sampled_trace()));
  } else {
    const bool failed = report.completion != Completion::kSuccess;
    if (shows(failed ? LogLevel::kWarn : LogLevel::kDebug))
      add(now.ms, json_runtime_done(now, report, produced_bytes, sampled_trace()));
    if (shows(failed ? LogLevel::kWarn : LogLevel::kInfo))
      add(now.ms, json_report(now, report, sampled_trace()));
  }
  flush();
}

void FunctionLog::begin_tail(std::string so_far) {
  tail_on_ = true;
  tail_ = std::move(so_far);
}

std::string FunctionLog::take_tail() {
  tail_on_ = false;
  if (tail_.size() > kLogTailBytes) tail_.erase(0, tail_.size() - kLogTailBytes);
  return std::exchange(tail_, {});
}

void FunctionLog::add(std::int64_t time_ms, std::string message) {
  if (tail_on_) {
    tail_ += message;
    // A JSON document is a line of its own; Node.js's client sends it without a newline.
    if (json_ && !message.ends_with('\n')) tail_ += '\n';
    if (tail_.size() > 16 * kLogTailBytes) tail_.erase(0, tail_.size() - kLogTailBytes);
  }
  // START, END and REPORT: what most invocations write.
  if (events_.capacity() == 0) events_.reserve(3);
  event_bytes_ += message.size();
  events_.push_back({time_ms, std::move(message)});
  if (event_bytes_ >= kFlushBytes) {
    flush();
  } else if (flush_timer_ == 0) {
    flush_timer_ = clock_.schedule(clock_.monotonic().plus_ms(kFlushAfterMs), [this] {
      flush_timer_ = 0;
      flush();
    });
  }
}

void FunctionLog::add_outside_tail(std::int64_t time_ms, std::string message) {
  const bool tail_on = std::exchange(tail_on_, false);
  add(time_ms, std::move(message));
  tail_on_ = tail_on;
}

void FunctionLog::flush() {
  if (flush_timer_ != 0) clock_.cancel(std::exchange(flush_timer_, 0));
  if (events_.empty()) return;
  event_bytes_ = 0;
  sink_.append(stream_, std::exchange(events_, {}));
}

}  // namespace kiln::invoke
