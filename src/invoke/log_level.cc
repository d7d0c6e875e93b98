// SPDX-License-Identifier: Apache-2.0
#include "invoke/log_level.h"

#include <string>

namespace kiln::invoke {
namespace {

// Position after the string that begins with the quote at `pos`, or npos.
std::size_t skip_string(std::string_view text, std::size_t pos) {
  for (++pos; pos < text.size(); ++pos) {
    if (text[pos] == '\\') {
      ++pos;
    } else if (text[pos] == '"') {
      return pos + 1;
    }
  }
  return std::string_view::npos;
}

std::size_t skip_space(std::string_view text, std::size_t pos) {
  const std::size_t at = text.find_first_not_of(" \t", pos);
  return at == std::string_view::npos ? text.size() : at;
}

// The text of top-level string member "level"; empty when there is none.
std::string_view level_member(std::string_view line) {
  int depth = 0;
  for (std::size_t pos = 0; pos < line.size();) {
    const char c = line[pos];
    if (c == '"') {
      const std::size_t after = skip_string(line, pos);
      if (after == std::string_view::npos) return {};
      const std::string_view text = line.substr(pos + 1, after - pos - 2);
      pos = after;
      const std::size_t colon = skip_space(line, after);
      if (depth != 1 || text != "level" || colon >= line.size() || line[colon] != ':') continue;
      const std::size_t value = skip_space(line, colon + 1);
      if (value >= line.size() || line[value] != '"') return {};
      const std::size_t end = skip_string(line, value);
      return end == std::string_view::npos ? std::string_view()
                                           : line.substr(value + 1, end - value - 2);
    }
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
    ++pos;
  }
  return {};
}

}  // namespace

std::optional<LogLevel> parse_log_level(std::string_view name) {
  if (name.size() < 4 || name.size() > 8) return std::nullopt;
  std::string upper(name);
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  if (upper == "TRACE") return LogLevel::kTrace;
  if (upper == "DEBUG") return LogLevel::kDebug;
  if (upper == "INFO") return LogLevel::kInfo;
  if (upper == "WARN" || upper == "WARNING") return LogLevel::kWarn;
  if (upper == "ERROR") return LogLevel::kError;
  if (upper == "FATAL" || upper == "CRITICAL") return LogLevel::kFatal;
  return std::nullopt;
}

LogLevel level_of_line(std::string_view line) {
  const std::size_t first = line.find_first_not_of(" \t");
  if (first == std::string_view::npos || line[first] != '{') return LogLevel::kInfo;
  return parse_log_level(level_member(line)).value_or(LogLevel::kInfo);
}

}  // namespace kiln::invoke
