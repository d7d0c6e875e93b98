// SPDX-License-Identifier: Apache-2.0
#include "invoke/json_check.h"

#include <array>
#include <bitset>
#include <cstdint>

namespace kiln::invoke {
namespace {

constexpr std::string_view kTokens =
    "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";

constexpr std::string_view kSource =
    "[Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: ";

// Bytes that end the fast run inside a string: quote, backslash, control, non-ASCII.
constexpr std::array<bool, 256> make_special() {
  std::array<bool, 256> special{};
  for (int c = 0; c < 256; ++c) special[c] = c < 0x20 || c == '"' || c == '\\' || c >= 0x80;
  return special;
}
constexpr std::array<bool, 256> kSpecial = make_special();

bool is_digit(int c) { return c >= '0' && c <= '9'; }
bool is_word(int c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' || c == '$';
}

class Checker {
 public:
  explicit Checker(std::string_view text) : text_(text) {}

  bool run() {
    skip_space();
    if (at_end()) return fault("No content to map due to end-of-input");
    if (!value()) return false;
    while (depth_ > 0) {
      if (!step()) return false;
    }
    skip_space();
    return at_end() || unexpected("expected end of input after the JSON value");
  }
  std::string take_fault() { return std::move(fault_); }

 private:
  bool at_end() const { return pos_ == text_.size(); }
  int peek() const { return static_cast<unsigned char>(text_[pos_]); }
  void skip_space() {
    while (!at_end()) {
      const char c = text_[pos_];
      if (c != ' ' && c != '\n' && c != '\r' && c != '\t') return;
      ++pos_;
    }
  }

  // After a value inside the innermost container: its end, or a comma and the next entry.
  bool step() {
    const bool object = objects_[static_cast<std::size_t>(depth_ - 1)];
    skip_space();
    if (at_end()) return end_of_container(object);
    const int c = peek();
    if (c == (object ? '}' : ']')) {
      ++pos_;
      --depth_;
      return true;
    }
    if (c != ',')
      return unexpected(object ? "was expecting comma to separate Object entries"
                               : "was expecting comma to separate Array entries");
    ++pos_;
    skip_space();
    if (at_end()) return end_of_container(object);
    return object ? field() && value() : value();
  }

  // A value up to its end, or the begin of a container and its first entry.
  bool value() {
    for (;;) {
      skip_space();
      if (at_end()) return end_of_input();
      const int c = peek();
      if (c == '"') return string();
      if (c == '-' || is_digit(c)) return number();
      if (c != '{' && c != '[') return word();
      if (!open(c == '{')) return false;
      skip_space();
      if (at_end()) return end_of_container(c == '{');
      if (peek() == (c == '{' ? '}' : ']')) {
        ++pos_;
        --depth_;
        return true;
      }
      if (c == '{' && !field()) return false;
    }
  }

  bool open(bool object) {
    if (depth_ == kMaxJsonDepth)
      return fault(
          "Document nesting depth (1001) exceeds the maximum allowed (1000, from "
          "`StreamReadConstraints.getMaxNestingDepth()`)");
    objects_[static_cast<std::size_t>(depth_++)] = object;
    ++pos_;
    return true;
  }

  bool field() {
    if (peek() != '"') return unexpected("was expecting double-quote to start field name");
    if (!string()) return false;
    skip_space();
    if (at_end()) return end_of_container(true);
    if (peek() != ':') return unexpected("was expecting a colon to separate field name and value");
    ++pos_;
    return true;
  }

  bool string() {
    ++pos_;
    for (;;) {
      while (!at_end() && !kSpecial[static_cast<std::size_t>(peek())]) ++pos_;
      if (at_end())
        return fault("Unexpected end-of-input: was expecting closing quote for a string value");
      const int c = peek();
      if (c == '"') {
        ++pos_;
        return true;
      }
      if (c == '\\') {
        if (!escape()) return false;
      } else if (c >= 0x80) {
        if (!multibyte()) return false;
      } else {
        return fault("Illegal unquoted character ((CTRL-CHAR, code " + std::to_string(c) +
                     ")): has to be escaped using backslash to be included in string value");
      }
    }
  }

  bool escape() {
    ++pos_;
    if (at_end()) return fault("Unexpected end-of-input in character escape sequence");
    const char c = text_[pos_];
    if (c == 'u') {
      for (int i = 0; i < 4; ++i) {
        ++pos_;
        if (at_end()) return fault("Unexpected end-of-input in character escape sequence");
        const int h = peek();
        if (!is_digit(h) && !(h >= 'a' && h <= 'f') && !(h >= 'A' && h <= 'F'))
          return unexpected("expected a hex-digit for character escape sequence");
      }
    } else if (std::string_view("\"\\/bfnrt").find(c) == std::string_view::npos) {
      return fault("Unrecognized character escape " + quoted());
    }
    ++pos_;
    return true;
  }

  // One UTF-8 sequence of two to four bytes; no surrogates, no overlong forms.
  bool multibyte() {
    const int lead = peek();
    int more = 0;
    int low = 0x80;
    int high = 0xBF;
    if (lead >= 0xC2 && lead <= 0xDF) {
      more = 1;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
      more = 2;
      if (lead == 0xE0) low = 0xA0;
      if (lead == 0xED) high = 0x9F;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
      more = 3;
      if (lead == 0xF0) low = 0x90;
      if (lead == 0xF4) high = 0x8F;
    } else {
      return fault("Invalid UTF-8 start byte 0x" + hex(lead));
    }
    for (; more > 0; --more) {
      ++pos_;
      if (at_end()) return fault("Unexpected end-of-input in a UTF-8 character");
      const int next = peek();
      if (next < low || next > high) return fault("Invalid UTF-8 middle byte 0x" + hex(next));
      low = 0x80;
      high = 0xBF;
    }
    ++pos_;
    return true;
  }

  bool number() {
    if (peek() == '-') {
      ++pos_;
      if (at_end()) return end_of_input();
      if (!is_digit(peek()))
        return unexpected_number(
            "expected digit (0-9) to follow minus sign, for valid numeric value");
    }
    if (peek() == '0') {
      ++pos_;
      if (!at_end() && is_digit(peek()))
        return fault("Invalid numeric value: Leading zeroes not allowed");
    } else {
      skip_digits();
    }
    if (!at_end() && peek() == '.') {
      ++pos_;
      if (at_end() || !skip_digits())
        return unexpected_number("Decimal point not followed by a digit");
    }
    if (!at_end() && (peek() | 0x20) == 'e') {
      ++pos_;
      if (!at_end() && (peek() == '+' || peek() == '-')) ++pos_;
      if (at_end() || !skip_digits())
        return unexpected_number("Exponent indicator not followed by a digit");
    }
    if (!at_end() && is_word(peek()))
      return unexpected("Expected space separating root-level values");
    return true;
  }
  bool skip_digits() {
    const std::size_t begin = pos_;
    while (!at_end() && is_digit(peek())) ++pos_;
    return pos_ != begin;
  }

  bool word() {
    for (const std::string_view token : {"true", "false", "null"}) {
      if (text_.substr(pos_).starts_with(token)) {
        const std::size_t after = pos_ + token.size();
        if (after == text_.size() || !is_word(static_cast<unsigned char>(text_[after]))) {
          pos_ = after;
          return true;
        }
      }
    }
    if (peek() >= 0x80) {
      const std::size_t begin = pos_;
      if (!multibyte()) return false;
      pos_ = begin;
    }
    if (!is_word(peek()) || is_digit(peek()))
      return unexpected("expected a valid value " + std::string(kTokens));
    std::size_t end = pos_;
    while (end < text_.size() && end - pos_ < 256 &&
           is_word(static_cast<unsigned char>(text_[end])))
      ++end;
    return fault("Unrecognized token '" + std::string(text_.substr(pos_, end - pos_)) +
                 "': was expecting " + std::string(kTokens));
  }

  bool end_of_input() {
    return depth_ > 0 ? end_of_container(objects_[static_cast<std::size_t>(depth_ - 1)])
                      : fault("Unexpected end-of-input");
  }
  bool end_of_container(bool object) {
    return fault(std::string("Unexpected end-of-input: expected close marker for ") +
                 (object ? "Object" : "Array"));
  }
  bool unexpected(std::string_view why) {
    return fault("Unexpected character (" + quoted() + "): " + std::string(why));
  }
  bool unexpected_number(std::string_view why) {
    if (at_end()) return end_of_input();
    return fault("Unexpected character (" + quoted() + ") in numeric value: " + std::string(why));
  }

  // "'x' (code 120)", as Jackson names a character.
  std::string quoted() {
    std::uint32_t code = static_cast<std::uint32_t>(peek());
    const std::size_t begin = pos_;
    std::size_t size = 1;
    if (code >= 0x80 && multibyte()) {
      size = pos_ - begin;
      code &= 0xFFU >> (size + 1);
      for (std::size_t i = 1; i < size; ++i)
        code = (code << 6) | (static_cast<unsigned char>(text_[begin + i]) & 0x3FU);
    }
    pos_ = begin;
    fault_.clear();
    if (code < 0x20) return "(CTRL-CHAR, code " + std::to_string(code) + ")";
    return "'" + std::string(text_.substr(begin, size)) + "' (code " + std::to_string(code) + ")";
  }
  static std::string hex(int byte) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    return {kDigits[static_cast<std::size_t>(byte >> 4)],
            kDigits[static_cast<std::size_t>(byte & 15)]};
  }

  bool fault(std::string message) {
    std::size_t line = 1;
    std::size_t column = 1;
    for (std::size_t i = 0; i < pos_; ++i) {
      ++column;
      if (text_[i] == '\n') {
        ++line;
        column = 1;
      }
    }
    fault_ = std::move(message);
    fault_.append("\n at ").append(kSource).append(std::to_string(line));
    fault_.append(", column: ").append(std::to_string(column)).append("]");
    return false;
  }

  std::string_view text_;
  std::size_t pos_ = 0;
  int depth_ = 0;
  std::bitset<kMaxJsonDepth> objects_;  // per open container: true for an object
  std::string fault_;
};

}  // namespace

std::optional<std::string> find_json_fault(std::string_view text) {
  Checker checker(text);
  if (checker.run()) return std::nullopt;
  return checker.take_fault();
}

bool is_json_object(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && text[first] == '{';
}

}  // namespace kiln::invoke
