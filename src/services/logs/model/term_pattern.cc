// SPDX-License-Identifier: Apache-2.0
#include "services/logs/model/filter_pattern.h"
#include "services/logs/model/pattern_lexer.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace kiln::logs {

namespace {

bool contains(const Operand& term, std::string_view message) {
  return term.regex ? term.regex->search(message)
                    : message.find(term.text) != std::string_view::npos;
}

class TermMatcher final : public FilterPattern::Matcher {
 public:
  bool matches(std::string_view message) const override {
    const auto in_message = [&](const Operand& term) { return contains(term, message); };
    if (!std::ranges::all_of(required, in_message)) return false;
    if (std::ranges::any_of(excluded, in_message)) return false;
    return !required.empty() || !excluded.empty() || std::ranges::any_of(optional, in_message);
  }

  std::vector<Operand> required, excluded, optional;
};

// Characters that AWS takes only inside quotes.
constexpr std::string_view kNeedQuotes = ":()[]{}<>\"'`,;|&!%\\^~";

std::expected<Operand, std::string> term(PatternLexer& lexer) {
  if (lexer.rest().empty() || lexer.peek() != lexer.rest().front()) {
    return std::unexpected(std::string(kInvalidFilterPattern));
  }
  auto operand = lexer.operand("");
  if (!operand) return std::unexpected(std::string(kInvalidFilterPattern));
  return std::move(*operand);
}

}  // namespace

ParsedPattern parse_terms(std::string_view pattern) {
  PatternLexer lexer(pattern);
  auto out = std::make_shared<TermMatcher>();
  while (!lexer.done()) {
    std::vector<Operand>* list = &out->required;
    if (lexer.accept("?")) {
      list = &out->optional;
    } else if (lexer.accept("-")) {
      list = &out->excluded;
    }
    const bool bare = lexer.rest().empty() || (lexer.rest()[0] != '"' && lexer.rest()[0] != '%');
    auto operand = term(lexer);
    if (!operand) return std::unexpected(std::move(operand.error()));
    if (bare && operand->text.find_first_of(kNeedQuotes) != std::string::npos) {
      return std::unexpected("Invalid character(s) in term '" + operand->text + "'");
    }
    list->push_back(std::move(*operand));
  }
  if (lexer.regexes() > kMaxRegexes) return std::unexpected(std::string(kInvalidFilterPattern));
  return out;
}

}  // namespace kiln::logs
