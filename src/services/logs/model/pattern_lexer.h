// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the forms of filter patterns share: reading operands and comparing text with them.

#include "services/logs/model/regex.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kiln::logs {

std::string_view trim(std::string_view text);
// The whole of `text` as a decimal number ("-1.5e3"); nullopt otherwise.
std::optional<double> parse_number(std::string_view text);
// `*` in `pattern` stands for any text, the empty one included.
bool wildcard_match(std::string_view pattern, std::string_view text);

enum class Comparison : std::uint8_t {
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual
};

// The right side of a comparison: "text", text, 42 or %regex%.
struct Operand {
  std::string text;
  std::optional<double> number;  // an unquoted number
  std::optional<Regex> regex;

  // kEqual on text: by regex, else with wildcards.
  bool equals(std::string_view value) const;
};

bool compare_numbers(Comparison comparison, double left, double right);

// Cuts tokens off the front of a pattern.
class PatternLexer {
 public:
  explicit PatternLexer(std::string_view text) : rest_(text) {}

  bool done();
  // The next byte after blanks; 0 at the end.
  char peek();
  // Skips blanks and takes `token` when it comes next.
  bool accept(std::string_view token);
  // The same for a word in capitals or not: not taken when letters or digits follow.
  bool accept_word(std::string_view word);
  // Letters, digits and any of `extra`; empty when none come next.
  std::string_view word(std::string_view extra);
  std::optional<Comparison> comparison();
  // An operand; an unquoted one ends at a blank or one of `stops`. nullopt when it is malformed.
  std::optional<Operand> operand(std::string_view stops);
  // The text of "..." (with \" and \\ undone) or of %...%; the opening byte comes next.
  std::optional<std::string> quoted();
  std::optional<std::string_view> percent();
  std::string_view rest() const { return rest_; }
  int regexes() const { return regexes_; }

 private:
  void skip_blanks();
  std::string_view rest_;
  int regexes_ = 0;
};

}  // namespace kiln::logs
