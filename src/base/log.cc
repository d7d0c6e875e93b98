// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include "base/time.h"

#include <atomic>
#include <ctime>
#include <string>
#include <unistd.h>

namespace kiln::log {
namespace {

std::atomic<Level> minimum_level{Level::kInfo};

std::string_view name(Level level) {
  switch (level) {
    case Level::kDebug:
      return "DEBUG";
    case Level::kInfo:
      return "INFO ";
    case Level::kWarn:
      return "WARN ";
    case Level::kError:
      return "ERROR";
  }
  return "?    ";
}

}  // namespace

void set_level(Level level) { minimum_level.store(level, std::memory_order_relaxed); }

bool enabled(Level level) { return level >= minimum_level.load(std::memory_order_relaxed); }

void write(Level level, std::string_view room, std::string_view message) {
  if (!enabled(level)) return;
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  std::string line = format_iso8601({now.tv_sec * 1000 + now.tv_nsec / 1'000'000}, true);
  line.append(" ").append(name(level)).append(" ").append(room).append(": ");
  for (char c : message) {
    // One event stays one line, whatever the message quotes.
    if (static_cast<unsigned char>(c) < 0x20 && c != '\t') c = ' ';
    line += c;
  }
  line += '\n';
  // One write call, so that lines of several threads do not mix. A full pipe loses the line.
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace kiln::log
