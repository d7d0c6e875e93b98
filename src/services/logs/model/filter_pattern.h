// SPDX-License-Identifier: Apache-2.0
#pragma once
// FilterPattern decides which log events a filter selects: CloudWatch Logs' filter pattern syntax.
//
//   ERROR "out of memory" -DEBUG      all terms present, excluded ones absent
//   ?ERROR ?WARN                      any of them (ignored beside other terms, as AWS documents)
//   %[Ee]rror|[Ff]ail%                a regular expression (model/regex.h)
//   [ip, ..., status = 4*, bytes]     words of the message by position
//   { $.a.b[0] = "x*" && $.n > 3 }    members of a message that is a JSON text
//
// An empty pattern selects everything. Source: "Filter pattern syntax for metric filters,
// subscription filters, filter log events, and Live Tail" of the CloudWatch Logs user guide.
// Cost: linear in the message; a copy shares the parsed pattern.

#include <expected>
#include <memory>
#include <string>
#include <string_view>

namespace kiln::logs {

class FilterPattern {
 public:
  class Matcher {
   public:
    virtual ~Matcher() = default;
    virtual bool matches(std::string_view message) const = 0;
  };

  // Selects everything.
  FilterPattern() = default;
  // The error is AWS's message for an InvalidParameterException.
  static std::expected<FilterPattern, std::string> parse(std::string_view pattern);
  bool selects_all() const { return !matcher_; }
  bool matches(std::string_view message) const { return !matcher_ || matcher_->matches(message); }

 private:
  std::shared_ptr<const Matcher> matcher_;
};

inline constexpr std::string_view kInvalidFilterPattern = "Invalid filter pattern";
// Regular expressions in one pattern, by AWS's quota.
inline constexpr int kMaxRegexes = 2;

// The three forms, each of trimmed text that begins with its own bracket (terms: anything else).
using ParsedPattern = std::expected<std::shared_ptr<const FilterPattern::Matcher>, std::string>;
ParsedPattern parse_terms(std::string_view pattern);
ParsedPattern parse_fields(std::string_view pattern);        // [a, b = x]
ParsedPattern parse_json_pattern(std::string_view pattern);  // { $.a = 1 }

}  // namespace kiln::logs
