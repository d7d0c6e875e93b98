// SPDX-License-Identifier: Apache-2.0
#pragma once
// The server's own log (not functions' logs): one line an event, to standard error.
// A process-wide sink is the one ambient thing Kiln allows itself: a log line is not behaviour.

#include <string_view>

namespace kiln::log {

enum class Level { kDebug, kInfo, kWarn, kError };

void set_level(Level level);
// True when lines of `level` are written; guard expensive formatting with it.
bool enabled(Level level);
// `room` is the folder that speaks ("invoke", "http"). Never pass secrets.
void write(Level level, std::string_view room, std::string_view message);

inline void debug(std::string_view room, std::string_view m) { write(Level::kDebug, room, m); }
inline void info(std::string_view room, std::string_view m) { write(Level::kInfo, room, m); }
inline void warn(std::string_view room, std::string_view m) { write(Level::kWarn, room, m); }
inline void error(std::string_view room, std::string_view m) { write(Level::kError, room, m); }

}  // namespace kiln::log
