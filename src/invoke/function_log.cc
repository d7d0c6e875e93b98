// SPDX-License-Identifier: Apache-2.0
#include "invoke/function_log.h"

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

void FunctionLog::output(const sandbox::Output& output) {
  if (output.kind == sandbox::Output::Kind::kBytes) {
    assembler_.add(output.bytes, [this](std::string_view text) { line(text); });
    return;
  }
  if (json_ && level_of_line(output.bytes) < application_level_) {
    filtered_.add();
    return;
  }
  add(output.time_ms != 0 ? output.time_ms : clock_.wall().ms, std::string(output.bytes));
}

void FunctionLog::line(std::string_view text) {
  if (json_ && level_of_line(text) < application_level_) {
    filtered_.add();
    return;
  }
  add(clock_.wall().ms, std::string(text));
}

// Levels of system events: https://docs.aws.amazon.com/lambda/latest/dg/
// monitoring-cloudwatchlogs-log-level.html, "System log level event mapping".
void FunctionLog::init_start(std::string_view runtime_version,
                             std::string_view runtime_version_arn) {
  const Timestamp now = clock_.wall();
  // AWS's instance id has the function's name before the version: ".../hello[$LATEST]0123...".
  std::string instance = stream_.stream;
  if (const std::size_t bracket = instance.find('['); bracket != std::string::npos)
    instance.insert(bracket, function_name_);
  const InitStart init{.runtime_version = runtime_version,
                       .runtime_version_arn = runtime_version_arn,
                       .function_name = function_name_,
                       .function_version = version_,
                       .instance_id = instance,
                       .memory_bytes = memory_bytes_};
  if (!shows(LogLevel::kInfo)) return;
  // AWS leaves this line out of the tail: it belongs to no invocation.
  add_outside_tail(now.ms, json_ ? json_init_start(now, init) : text_init_start(init));
}

void FunctionLog::note(std::string text) {
  if (shows(LogLevel::kInfo)) add_outside_tail(clock_.wall().ms, std::move(text));
}

void FunctionLog::init_failed(const InitReport& report) {
  assembler_.finish([this](std::string_view text) { line(text); });
  const Timestamp now = clock_.wall();
  if (!json_) {
    add(now.ms, text_init_report(report));
    return;
  }
  add(now.ms, json_init_runtime_done(now, report));
  add(now.ms, json_init_report(now, report));
}

void FunctionLog::init_succeeded(std::int64_t duration_ns) {
  if (!json_ || !shows(LogLevel::kDebug)) return;
  const Timestamp now = clock_.wall();
  const InitReport report{.duration_ns = duration_ns, .phase = "init"};
  add(now.ms, json_init_runtime_done(now, report));
  add(now.ms, json_init_report(now, report));
}

void FunctionLog::start(std::string_view request_id) {
  const Timestamp now = clock_.wall();
  if (!shows(LogLevel::kInfo)) return;
  add(now.ms, json_ ? json_start(now, request_id, function_arn_, version_)
                    : text_start(request_id, version_));
}

void FunctionLog::finish(const InvocationReport& report, std::string_view extra,
                         std::size_t produced_bytes) {
  assembler_.finish([this](std::string_view text) { line(text); });
  const Timestamp now = clock_.wall();
  if (!extra.empty()) add(now.ms, std::string(extra));
  if (!json_) {
    add(now.ms, text_end(report.request_id));
    add(now.ms, text_report(report));
  } else {
    const bool failed = report.completion != Completion::kSuccess;
    if (shows(failed ? LogLevel::kWarn : LogLevel::kDebug))
      add(now.ms, json_runtime_done(now, report, produced_bytes));
    if (shows(failed ? LogLevel::kWarn : LogLevel::kInfo)) add(now.ms, json_report(now, report));
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
