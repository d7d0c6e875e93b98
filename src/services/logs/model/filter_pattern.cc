// SPDX-License-Identifier: Apache-2.0
#include "services/logs/model/filter_pattern.h"

#include "services/logs/model/pattern_lexer.h"

namespace kiln::logs {

std::expected<FilterPattern, std::string> FilterPattern::parse(std::string_view pattern) {
  const std::string_view text = trim(pattern);
  FilterPattern out;
  if (text.empty()) return out;
  ParsedPattern parsed = text.front() == '{'   ? parse_json_pattern(text)
                         : text.front() == '[' ? parse_fields(text)
                                               : parse_terms(text);
  if (!parsed) return std::unexpected(std::move(parsed.error()));
  out.matcher_ = std::move(*parsed);
  return out;
}

}  // namespace kiln::logs
