// SPDX-License-Identifier: Apache-2.0
#pragma once
// FunctionLog is the log of one execution environment: what the function writes, between the lines
// that Lambda writes, filtered by the function's levels and handed to the LogSink in batches.
//
// Extensions: what they write goes into the same log; what happens goes to those of them who
// subscribed to telemetry. Without any this costs a test of a pointer.
// Batches: an event waits at most 100 ms; the end of an invocation flushes. Nothing here blocks.
// Tail: while recording (begin_tail), the last 4 KiB are kept for LogType Tail.
// Threads: one loop. `sink` and `clock` outlive it.

#include "async/clock.h"
#include "base/metrics.h"
#include "invoke/log_assembler.h"
#include "invoke/log_level.h"
#include "invoke/log_sink.h"
#include "invoke/platform_log.h"
#include "lambda/model/function.h"
#include "runtime_api/extensions.h"
#include "runtime_api/telemetry.h"
#include "sandbox/sandbox.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kiln::invoke {

inline constexpr std::size_t kLogTailBytes = 4096;

// "2026/01/31/[$LATEST]<32 hex>".
std::string log_stream_name(Timestamp now, std::string_view version, std::string_view random_hex);

class FunctionLog {
 public:
  FunctionLog(Clock& clock, LogSink& sink, Metrics& metrics,
              const lambda::FunctionVersion& function, LogStreamName stream);
  ~FunctionLog();
  FunctionLog(const FunctionLog&) = delete;
  FunctionLog& operator=(const FunctionLog&) = delete;

  // Where events go besides the log; null (the default): nowhere. It outlives this or is taken
  // back. Events from before are handed on.
  void set_telemetry(runtime_api::Telemetry* telemetry);

  void output(const sandbox::Output& output);
  void extension_output(const std::string& extension, const sandbox::Output& output);
  void extension_notice(const runtime_api::ExtensionNotice& notice);
  void init_start(std::string_view runtime_version, std::string_view runtime_version_arn);
  // Of an environment with SnapStart, in place of init_start().
  void restore_start(std::string_view runtime_version, std::string_view runtime_version_arn);
  void restore_ended(const InitReport& report);
  // A line of this server's own, for the operator; like INIT_START not in the tail.
  void note(std::string text);
  void init_failed(const InitReport& report);
  // Of one that serves nobody: its INIT_REPORT is shown in any case.
  void init_reported(const InitReport& report) { init_failed(report); }
  void init_succeeded(std::int64_t duration_ns);
  // `trace`: the invocation's X-Amzn-Trace-Id.
  void start(std::string_view request_id, std::string_view trace = {});
  // The runtime has answered and extensions still work: telemetry says so before finish() does.
  void runtime_done(const InvocationReport& report, std::size_t produced_bytes);
  // Ends the partial line, then `extra` (as it is, may be empty), END and REPORT; flushes.
  void finish(const InvocationReport& report, std::string_view extra, std::size_t produced_bytes);

  // `so_far`: what another environment wrote for the same invocation.
  void begin_tail(std::string so_far = {});
  std::string take_tail();
  void flush();
  const LogStreamName& stream() const { return stream_; }

 private:
  InitStart starting(std::string_view version, std::string_view version_arn,
                     std::string& instance) const;
  std::string_view sampled_trace() const { return sampled_ ? std::string_view(trace_) : ""; }
  bool shows(LogLevel level) const { return !json_ || level >= system_level_; }
  void line(std::string_view text);
  bool telemetry_on() const { return telemetry_ != nullptr && telemetry_->active(); }
  void publish(std::string_view type, std::string event);
  void publish_end(const InvocationReport& report, std::string_view fault,
                   std::size_t produced_bytes);
  void publish_line(runtime_api::Stream stream, std::int64_t time_ms, std::string_view text);
  void add(std::int64_t time_ms, std::string message);
  void add_outside_tail(std::int64_t time_ms, std::string message);

  Clock& clock_;
  LogSink& sink_;
  Counter& filtered_;
  const LogStreamName stream_;
  const std::string function_arn_;
  const std::string function_name_;
  const std::string version_;
  const std::int64_t memory_bytes_;
  const bool json_;
  const LogLevel application_level_;
  const LogLevel system_level_;

  runtime_api::Telemetry* telemetry_ = nullptr;
  std::string init_start_;  // JSON, for who subscribes before the first invocation
  std::string trace_;       // of the running invocation, when there is telemetry or it is sampled
  bool sampled_ = false;    // X-Ray: the log names the trace
  Timestamp began_;
  bool runtime_done_ = false;
  std::map<std::string, LogAssembler> extensions_;  // at most kMaxExtensions

  LogAssembler assembler_;
  std::vector<LogEvent> events_;
  std::size_t event_bytes_ = 0;
  Clock::TimerId flush_timer_ = 0;
  bool tail_on_ = false;
  std::string tail_;
};

}  // namespace kiln::invoke
