// SPDX-License-Identifier: Apache-2.0
#include "services/logs/model/pattern_lexer.h"

#include <charconv>

namespace kiln::logs {

namespace {
bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool is_word(char c) { return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z'); }
}  // namespace

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::optional<double> parse_number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  // from_chars also reads "inf" and "nan".
  if (digits.empty() || !((digits[0] >= '0' && digits[0] <= '9') || digits[0] == '.')) {
    return std::nullopt;
  }
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool wildcard_match(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p, ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

bool Operand::equals(std::string_view value) const {
  return regex ? regex->search(value) : wildcard_match(text, value);
}

bool compare_numbers(Comparison comparison, double left, double right) {
  switch (comparison) {
    case Comparison::kEqual:
      return left == right;
    case Comparison::kNotEqual:
      return left != right;
    case Comparison::kLess:
      return left < right;
    case Comparison::kLessEqual:
      return left <= right;
    case Comparison::kGreater:
      return left > right;
    case Comparison::kGreaterEqual:
      return left >= right;
  }
  return false;
}

void PatternLexer::skip_blanks() {
  while (!rest_.empty() && is_blank(rest_.front())) rest_.remove_prefix(1);
}

bool PatternLexer::done() {
  skip_blanks();
  return rest_.empty();
}

char PatternLexer::peek() {
  skip_blanks();
  return rest_.empty() ? '\0' : rest_.front();
}

bool PatternLexer::accept(std::string_view token) {
  skip_blanks();
  if (!rest_.starts_with(token)) return false;
  rest_.remove_prefix(token.size());
  return true;
}

bool PatternLexer::accept_word(std::string_view word) {
  skip_blanks();
  if (rest_.size() < word.size()) return false;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (lower(rest_[i]) != lower(word[i])) return false;
  }
  if (rest_.size() > word.size() && is_word(rest_[word.size()])) return false;
  rest_.remove_prefix(word.size());
  return true;
}

std::string_view PatternLexer::word(std::string_view extra) {
  skip_blanks();
  std::size_t n = 0;
  while (n < rest_.size() &&
         (is_word(rest_[n]) || extra.find(rest_[n]) != std::string_view::npos)) {
    ++n;
  }
  const std::string_view out = rest_.substr(0, n);
  rest_.remove_prefix(n);
  return out;
}

std::optional<Comparison> PatternLexer::comparison() {
  if (accept("!=")) return Comparison::kNotEqual;
  if (accept("<=")) return Comparison::kLessEqual;
  if (accept(">=")) return Comparison::kGreaterEqual;
  if (accept("<")) return Comparison::kLess;
  if (accept(">")) return Comparison::kGreater;
  if (accept("==") || accept("=")) return Comparison::kEqual;
  return std::nullopt;
}

std::optional<Operand> PatternLexer::operand(std::string_view stops) {
  Operand out;
  switch (peek()) {
    case '"': {
      auto text = quoted();
      if (!text) return std::nullopt;
      out.text = std::move(*text);
      return out;
    }
    case '%': {
      const auto text = percent();
      if (!text) return std::nullopt;
      out.regex = Regex::parse(*text);
      if (!out.regex) return std::nullopt;
      return out;
    }
    default:
      break;
  }
  std::size_t n = 0;
  while (n < rest_.size() && !is_blank(rest_[n]) &&
         stops.find(rest_[n]) == std::string_view::npos && rest_[n] != '"' &&
         rest_.substr(n, 2) != "&&" && rest_.substr(n, 2) != "||") {
    ++n;
  }
  if (n == 0) return std::nullopt;
  out.text = rest_.substr(0, n);
  out.number = parse_number(out.text);
  rest_.remove_prefix(n);
  return out;
}

std::optional<std::string> PatternLexer::quoted() {
  std::string out;
  for (std::size_t i = 1; i < rest_.size(); ++i) {
    char c = rest_[i];
    if (c == '"') {
      rest_.remove_prefix(i + 1);
      return out;
    }
    if (c == '\\' && i + 1 < rest_.size() && (rest_[i + 1] == '"' || rest_[i + 1] == '\\')) {
      c = rest_[++i];
    }
    out.push_back(c);
  }
  return std::nullopt;
}

std::optional<std::string_view> PatternLexer::percent() {
  const std::size_t end = rest_.find('%', 1);
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view out = rest_.substr(1, end - 1);
  rest_.remove_prefix(end + 1);
  ++regexes_;
  return out;
}

}  // namespace kiln::logs
