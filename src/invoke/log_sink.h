// SPDX-License-Identifier: Apache-2.0
#pragma once
// LogSink takes the log events of functions. services/logs implements it; the composition root
// connects the two. Never blocks and never waits: events are buffered (bounded) and written in
// batches within 200 ms.

#include <cstdint>
#include <string>
#include <vector>

namespace kiln::invoke {

struct LogEvent {
  std::int64_t time_ms = 0;  // since the epoch
  std::string message;       // as CloudWatch shows it, trailing newline included where AWS has one
};

struct LogStreamName {
  std::string account;
  std::string region;
  std::string group;   // "/aws/lambda/hello"
  std::string stream;  // "2026/01/31/[$LATEST]0123..."
};

class LogSink {
 public:
  virtual ~LogSink() = default;
  // Group and stream are created when they are not there yet.
  virtual void append(const LogStreamName& stream, std::vector<LogEvent> events) = 0;
};

}  // namespace kiln::invoke
