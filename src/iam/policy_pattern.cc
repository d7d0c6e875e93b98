// SPDX-License-Identifier: Apache-2.0
#include "iam/keys.h"
#include "iam/policy.h"

#include <algorithm>
#include <cstring>

namespace kiln::iam {
namespace {

bool equal_with_any_one(std::string_view pattern, std::string_view text) {
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != kAnyOne && pattern[i] != text[i]) return false;
  }
  return true;
}

// Where `segment` (without kAnyRun) first occurs in `text`; npos when it does not.
std::size_t find_segment(std::string_view text, std::string_view segment) {
  if (segment.size() > text.size()) return std::string_view::npos;
  if (segment.find(kAnyOne) == std::string_view::npos) {
    const void* at = ::memmem(text.data(), text.size(), segment.data(), segment.size());
    return at ? static_cast<std::size_t>(static_cast<const char*>(at) - text.data())
              : std::string_view::npos;
  }
  for (std::size_t at = 0; at + segment.size() <= text.size(); ++at) {
    if (equal_with_any_one(segment, text.substr(at))) return at;
  }
  return std::string_view::npos;
}

std::string_view trim(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

// What stands between "${" and "}".
PolicyPattern::Variable parse_variable(std::string_view inner) {
  PolicyPattern::Variable out;
  const auto comma = inner.find(',');
  out.key = keys::fold(trim(inner.substr(0, comma)));
  if (comma == std::string_view::npos) return out;
  const auto quoted = trim(inner.substr(comma + 1));
  if (quoted.size() >= 2 && quoted.starts_with('\'') && quoted.ends_with('\'')) {
    out.otherwise = quoted.substr(1, quoted.size() - 2);
  }
  return out;
}

bool is_wildcard_byte(char c) { return c == kAnyRun || c == kAnyOne; }

}  // namespace

bool glob_match(std::string_view pattern, std::string_view text) {
  const auto first = pattern.find(kAnyRun);
  if (first == std::string_view::npos) {
    return pattern.size() == text.size() && equal_with_any_one(pattern, text);
  }
  if (text.size() < first || !equal_with_any_one(pattern.substr(0, first), text)) return false;
  text.remove_prefix(first);
  pattern.remove_prefix(first + 1);
  for (;;) {
    const auto next = pattern.find(kAnyRun);
    if (next == std::string_view::npos) break;
    const auto at = find_segment(text, pattern.substr(0, next));
    if (at == std::string_view::npos) return false;
    text.remove_prefix(at + next);
    pattern.remove_prefix(next + 1);
  }
  return text.size() >= pattern.size() &&
         equal_with_any_one(pattern, text.substr(text.size() - pattern.size()));
}

PolicyPattern PolicyPattern::compile(std::string_view text, Wildcards wildcards,
                                     Variables variables) {
  PolicyPattern out;
  while (!text.empty()) {
    if (variables == Variables::kYes && text.starts_with("${")) {
      const auto end = text.find('}');
      if (end != std::string_view::npos) {
        const auto inner = text.substr(2, end - 2);
        text.remove_prefix(end + 1);
        if (inner == "*" || inner == "?" || inner == "$") {
          out.literals_.back() += inner;
        } else {
          out.variables_.push_back(parse_variable(inner));
          out.literals_.emplace_back();
        }
        continue;
      }
    }
    const char c = text.front();
    const bool active = wildcards == Wildcards::kYes;
    out.literals_.back() += active && c == '*' ? kAnyRun : active && c == '?' ? kAnyOne : c;
    text.remove_prefix(1);
  }
  return out;
}

std::optional<std::string> PolicyPattern::resolve(const ConditionKeys& keys) const {
  std::string out = literals_.front();
  for (std::size_t i = 0; i < variables_.size(); ++i) {
    const auto values = keys.find(variables_[i].key);
    const std::string* value = nullptr;
    if (values && values->size() == 1 && !values->front().empty()) {
      value = &values->front();
    } else if (!values && variables_[i].otherwise) {
      value = &*variables_[i].otherwise;
    }
    // A value with these bytes would act as a wildcard.
    if (!value || std::ranges::any_of(*value, is_wildcard_byte)) return std::nullopt;
    out.append(*value).append(literals_[i + 1]);
  }
  return out;
}

}  // namespace kiln::iam
