// SPDX-License-Identifier: Apache-2.0
#include "services/logs/model/filter_pattern.h"
#include "services/logs/model/pattern_lexer.h"

#include <memory>
#include <utility>
#include <vector>

namespace kiln::logs {

namespace {

constexpr int kMaxDepth = 32;

// What one field must satisfy: a comparison, or children joined by AND or OR.
struct Condition {
  enum class Kind : std::uint8_t { kAlways, kCompare, kAll, kAny };
  Kind kind = Kind::kAlways;
  Comparison comparison = Comparison::kEqual;
  Operand operand;
  std::vector<Condition> children;

  bool holds(std::string_view field) const {
    switch (kind) {
      case Kind::kAlways:
        return true;
      case Kind::kCompare:
        return compare(field);
      case Kind::kAll:
        for (const Condition& c : children) {
          if (!c.holds(field)) return false;
        }
        return true;
      case Kind::kAny:
        for (const Condition& c : children) {
          if (c.holds(field)) return true;
        }
        return false;
    }
    return false;
  }

  bool compare(std::string_view field) const {
    if (operand.number) {
      if (const auto number = parse_number(field)) {
        return compare_numbers(comparison, *number, *operand.number);
      }
    }
    if (comparison == Comparison::kEqual) return operand.equals(field);
    return comparison == Comparison::kNotEqual && !operand.equals(field);
  }
};

struct Word {
  std::string_view text;  // without its quotes or brackets
  std::size_t begin = 0;  // where it begins in the message, delimiters included
};

// Words are separated by blanks; "..." and [...] keep theirs.
std::vector<Word> split(std::string_view message) {
  std::vector<Word> out;
  std::size_t i = 0;
  const auto blank = [&](std::size_t at) {
    return message[at] == ' ' || (message[at] >= '\t' && message[at] <= '\r');
  };
  while (i < message.size()) {
    if (blank(i)) {
      ++i;
      continue;
    }
    const std::size_t begin = i;
    const char close = message[i] == '"' ? '"' : message[i] == '[' ? ']' : '\0';
    const std::size_t end = close ? message.find(close, i + 1) : std::string_view::npos;
    if (end != std::string_view::npos) {
      out.push_back({message.substr(begin + 1, end - begin - 1), begin});
      i = end + 1;
      continue;
    }
    while (i < message.size() && !blank(i)) ++i;
    out.push_back({message.substr(begin, i - begin), begin});
  }
  return out;
}

class FieldMatcher final : public FilterPattern::Matcher {
 public:
  bool matches(std::string_view message) const override {
    std::vector<Word> words = split(message);
    if (ellipsis < 0) {
      if (words.size() < fields.size()) return false;
      // The last field takes the rest of the line.
      if (words.size() > fields.size()) {
        Word& last = words[fields.size() - 1];
        last.text = trim(message.substr(last.begin));
      }
      return holds(words, 0, 0, fields.size());
    }
    if (words.size() < fields.size()) return false;
    const auto head = static_cast<std::size_t>(ellipsis);
    const std::size_t tail = fields.size() - head;
    return holds(words, 0, 0, head) && holds(words, words.size() - tail, head, tail);
  }

  bool holds(const std::vector<Word>& words, std::size_t word, std::size_t field,
             std::size_t count) const {
    for (std::size_t i = 0; i < count; ++i) {
      if (!fields[field + i].holds(words[word + i].text)) return false;
    }
    return true;
  }

  std::vector<Condition> fields;  // without the ellipsis
  int ellipsis = -1;              // stands before this field
};

class FieldParser {
 public:
  explicit FieldParser(std::string_view pattern) : lexer_(pattern) {}

  std::shared_ptr<const FilterPattern::Matcher> parse() {
    auto out = std::make_shared<FieldMatcher>();
    if (!lexer_.accept("[")) return nullptr;
    do {
      if (lexer_.accept("...")) {
        if (out->ellipsis >= 0) return nullptr;
        out->ellipsis = static_cast<int>(out->fields.size());
        continue;
      }
      Condition condition;
      if (!any_of(condition, 0)) return nullptr;
      out->fields.push_back(std::move(condition));
    } while (lexer_.accept(","));
    if (!lexer_.accept("]") || !lexer_.done() || lexer_.regexes() > kMaxRegexes) return nullptr;
    return out;
  }

 private:
  bool any_of(Condition& out, int depth) {
    return joined(out, depth, "||", Condition::Kind::kAny, &FieldParser::all_of);
  }
  bool all_of(Condition& out, int depth) {
    return joined(out, depth, "&&", Condition::Kind::kAll, &FieldParser::primary);
  }
  bool joined(Condition& out, int depth, std::string_view separator, Condition::Kind kind,
              bool (FieldParser::*next)(Condition&, int)) {
    std::vector<Condition> parts;
    do {
      if (!(this->*next)(parts.emplace_back(), depth)) return false;
    } while (lexer_.accept(separator));
    if (parts.size() == 1) {
      out = Condition(std::move(parts.front()));
    } else {
      out.kind = kind;
      out.children = std::move(parts);
    }
    return true;
  }

  bool primary(Condition& out, int depth) {
    if (lexer_.accept("("))
      return depth < kMaxDepth && any_of(out, depth + 1) && lexer_.accept(")");
    if (lexer_.word("_-.*@/#:$").empty()) return false;
    const auto comparison = lexer_.comparison();
    if (!comparison) return true;
    auto operand = lexer_.operand(",])");
    if (!operand) return false;
    const bool ordered = *comparison != Comparison::kEqual && *comparison != Comparison::kNotEqual;
    if (ordered && !operand->number) return false;
    out.kind = Condition::Kind::kCompare;
    out.comparison = *comparison;
    out.operand = std::move(*operand);
    return true;
  }

  PatternLexer lexer_;
};

}  // namespace

ParsedPattern parse_fields(std::string_view pattern) {
  auto out = FieldParser(pattern).parse();
  if (!out) return std::unexpected(std::string(kInvalidFilterPattern));
  return out;
}

}  // namespace kiln::logs
