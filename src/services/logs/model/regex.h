// SPDX-License-Identifier: Apache-2.0
#pragma once
// Regex is the regular expression language of CloudWatch Logs filter patterns (%...%).
//
// It has no groups, so a pattern is a choice of chains of atoms, and matching is a bit-parallel
// walk: time is linear in the text whatever the pattern. Syntax, as AWS documents it: letters,
// digits, blanks, : _ # = @ / ; , - and the operators ^ $ ? [ ] { } | \ * + . with \d \D \s \S \w
// \W \xhh and escaped punctuation. Parentheses and bytes past ASCII are refused.

#include <array>
#include <bitset>
#include <cstddef>
#include <optional>
#include <string_view>

namespace kiln::logs {

class Regex {
 public:
  // States of one pattern: one for each atom after repetitions are written out.
  static constexpr std::size_t kMaxStates = 256;

  // `pattern` without the percent signs. nullopt when it is malformed or too large.
  static std::optional<Regex> parse(std::string_view pattern);
  // True when the pattern occurs anywhere in `text`.
  bool search(std::string_view text) const;

 private:
  using States = std::bitset<kMaxStates>;
  using Bytes = std::bitset<256>;
  class Parser;

  bool append(const Bytes& atom, bool optional, bool loop);
  States close(States states, bool at_begin, bool at_end) const;

  std::size_t size_ = 0;
  std::array<States, 256> accepts_{};  // by byte: the states that may consume it
  States start_, accept_, optional_, loop_, caret_, dollar_;
};

}  // namespace kiln::logs
