// SPDX-License-Identifier: Apache-2.0
#include "services/logs/model/regex.h"

#include <utility>

namespace kiln::logs {

namespace {
using Bytes = std::bitset<256>;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alnum(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_plain(char c) {
  return is_alnum(c) || std::string_view(" :_#=@/;,-").find(c) != std::string_view::npos;
}
bool is_punctuation(char c) { return c > ' ' && c < 0x7F && !is_alnum(c); }

Bytes single(char c) {
  Bytes out;
  out.set(static_cast<unsigned char>(c));
  return out;
}

Bytes range(unsigned char from, unsigned char to) {
  Bytes out;
  for (unsigned b = from; b <= to; ++b) out.set(b);
  return out;
}

std::optional<Bytes> named_class(char name) {
  const Bytes digits = range('0', '9');
  const Bytes words = digits | range('a', 'z') | range('A', 'Z') | single('_');
  const Bytes spaces = range('\t', '\r') | single(' ');
  switch (name) {
    case 'd':
      return digits;
    case 'D':
      return ~digits;
    case 'w':
      return words;
    case 'W':
      return ~words;
    case 's':
      return spaces;
    case 'S':
      return ~spaces;
    default:
      return std::nullopt;
  }
}

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}
}  // namespace

class Regex::Parser {
 public:
  Parser(std::string_view text, Regex& out) : rest_(text), out_(out) {}

  bool parse() {
    if (rest_.empty()) return false;
    for (;;) {
      if (!chain()) return false;
      if (rest_.empty()) return true;
      rest_.remove_prefix(1);  // chain() stops at the end or at '|'
    }
  }

 private:
  bool chain() {
    const std::size_t begin = out_.size_;
    while (!rest_.empty() && rest_.front() != '|') {
      if (!atom()) return false;
    }
    if (out_.size_ == begin || out_.size_ >= kMaxStates) return false;
    out_.start_.set(begin);
    out_.accept_.set(out_.size_++);
    return true;
  }

  bool atom() {
    const char c = take();
    if (c == '^' || c == '$') {
      if (out_.size_ >= kMaxStates) return false;
      (c == '^' ? out_.caret_ : out_.dollar_).set(out_.size_++);
      return true;
    }
    std::optional<Bytes> bytes;
    if (c == '.') {
      bytes = ~single('\n');
    } else if (c == '[') {
      bytes = bracket();
    } else if (c == '\\') {
      bytes = escape();
    } else if (is_plain(c)) {
      bytes = single(c);
    }
    return bytes && quantified(*bytes);
  }

  bool quantified(const Bytes& bytes) {
    if (!rest_.empty()) {
      switch (rest_.front()) {
        case '?':
          return take(), out_.append(bytes, true, false);
        case '*':
          return take(), out_.append(bytes, true, true);
        case '+':
          return take(), out_.append(bytes, false, false) && out_.append(bytes, true, true);
        case '{':
          return take(), counted(bytes);
        default:
          break;
      }
    }
    return out_.append(bytes, false, false);
  }

  bool counted(const Bytes& bytes) {
    const auto min = number();
    if (!min) return false;
    std::optional<unsigned> max = min;
    bool endless = false;
    if (!rest_.empty() && rest_.front() == ',') {
      take();
      endless = !rest_.empty() && rest_.front() == '}';
      if (!endless) max = number();
    }
    if (!max || rest_.empty() || take() != '}' || (!endless && *max < *min) || *max == 0) {
      return false;
    }
    for (unsigned i = 0; i < *min; ++i) {
      if (!out_.append(bytes, false, false)) return false;
    }
    if (endless) return out_.append(bytes, true, true);
    for (unsigned i = *min; i < *max; ++i) {
      if (!out_.append(bytes, true, false)) return false;
    }
    return true;
  }

  std::optional<unsigned> number() {
    unsigned value = 0;
    bool any = false;
    while (!rest_.empty() && is_digit(rest_.front())) {
      value = value * 10 + static_cast<unsigned>(take() - '0');
      any = true;
      if (value > kMaxStates) return std::nullopt;
    }
    if (!any) return std::nullopt;
    return value;
  }

  std::optional<Bytes> escape() {
    if (rest_.empty()) return std::nullopt;
    const char c = take();
    if (c == 'x') {
      if (rest_.size() < 2) return std::nullopt;
      const int high = hex_value(take()), low = hex_value(take());
      if (high < 0 || low < 0) return std::nullopt;
      return single(static_cast<char>(high * 16 + low));
    }
    if (is_punctuation(c)) return single(c);
    return named_class(c);
  }

  std::optional<Bytes> bracket() {
    Bytes out;
    const bool negated = !rest_.empty() && rest_.front() == '^';
    if (negated) take();
    for (bool first = true; !rest_.empty(); first = false) {
      const char c = take();
      if (c == ']' && !first) return negated ? ~out : out;
      if (c < ' ' || c == 0x7F) return std::nullopt;
      std::optional<Bytes> low = c == '\\' ? escape() : single(c);
      if (!low) return std::nullopt;
      if (rest_.size() >= 2 && rest_[0] == '-' && rest_[1] != ']' && low->count() == 1) {
        take();
        const char end = take();
        const std::optional<Bytes> high = end == '\\' ? escape() : single(end);
        if (!high || high->count() != 1 || high->_Find_first() < low->_Find_first()) {
          return std::nullopt;
        }
        low = range(static_cast<unsigned char>(low->_Find_first()),
                    static_cast<unsigned char>(high->_Find_first()));
      }
      out |= *low;
    }
    return std::nullopt;
  }

  char take() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  std::string_view rest_;
  Regex& out_;
};

std::optional<Regex> Regex::parse(std::string_view pattern) {
  Regex out;
  if (!Parser(pattern, out).parse()) return std::nullopt;
  return out;
}

bool Regex::append(const Bytes& atom, bool optional, bool loop) {
  if (size_ >= kMaxStates) return false;
  for (std::size_t b = 0; b < 256; ++b) {
    if (atom.test(b)) accepts_[b].set(size_);
  }
  if (optional) optional_.set(size_);
  if (loop) loop_.set(size_);
  ++size_;
  return true;
}

// Adds what is reachable without consuming a byte. An anchor is an atom that may be skipped only
// where it holds.
Regex::States Regex::close(States states, bool at_begin, bool at_end) const {
  States skip = optional_;
  if (at_begin) skip |= caret_;
  if (at_end) skip |= dollar_;
  for (;;) {
    const States next = states | (states & skip) << 1;
    if (next == states) return states;
    states = next;
  }
}

bool Regex::search(std::string_view text) const {
  States states;
  for (std::size_t i = 0;; ++i) {
    states = close(states | start_, i == 0, i == text.size());
    if ((states & accept_).any()) return true;
    if (i == text.size()) return false;
    const States moved = states & accepts_[static_cast<unsigned char>(text[i])];
    states = moved << 1 | (moved & loop_);
  }
}

}  // namespace kiln::logs
