// SPDX-License-Identifier: Apache-2.0
#pragma once
// LogIngest takes the log lines of functions: it buffers them and writes them in batches.
//
// Bounds: a line waits kFlushAfterMs at most, less when kFlushBytes are waiting; past
// kMaxBufferedBytes (waiting or being written) new lines are dropped and
// kiln_logs_dropped_events_total moves. Lines may be lost by a crash within the wait, never by
// stop(). Group and stream are created when they are absent. Threads: one loop.

#include "async/clock.h"
#include "async/gate.h"
#include "async/task.h"
#include "base/metrics.h"
#include "invoke/log_sink.h"
#include "services/logs/store/event_writer.h"

#include <cstdint>
#include <map>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace kiln::logs {

class LogIngest final : public invoke::LogSink {
 public:
  static constexpr std::int64_t kFlushAfterMs = 150;
  static constexpr std::size_t kFlushBytes = 512 * 1024;
  static constexpr std::size_t kMaxBufferedBytes = 16 * 1024 * 1024;

  // All outlive the ingest.
  LogIngest(EventWriter& writer, Clock& clock, Metrics& metrics);

  void append(const invoke::LogStreamName& stream, std::vector<invoke::LogEvent> events) override;
  // Returns when everything appended before is written (or lost to an error, which is logged).
  // Readers call it first, so they see what functions have just said.
  Task<void> flush();
  // Writes what waits. append() drops from then on.
  Task<void> stop();

 private:
  using StreamKey = std::pair<GroupName, std::string>;
  struct Buffer {
    std::vector<InputEvent> events;
    std::size_t bytes = 0;
  };
  void arm(std::int64_t delay_ms);
  Task<void> flush_in_background(Gate::Pass pass);
  Task<void> write(StreamKey stream, Buffer buffer);

  EventWriter& writer_;
  Clock& clock_;
  Counter& dropped_;
  Counter& failed_;
  Gate background_;
  Gate writing_;  // one flush at a time, so that a stream's lines keep their order
  std::map<StreamKey, Buffer> buffers_;
  std::size_t waiting_bytes_ = 0;   // in buffers_
  std::size_t buffered_bytes_ = 0;  // and being written
  Clock::TimerId timer_ = 0;
  bool urgent_ = false;
  bool stopped_ = false;
};

}  // namespace kiln::logs
