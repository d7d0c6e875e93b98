// SPDX-License-Identifier: Apache-2.0
#include "services/logs/model/filter_pattern.h"
#include "services/logs/model/pattern_lexer.h"

#include <boost/json.hpp>

#include <memory>
#include <utility>
#include <vector>

namespace kiln::logs {

namespace {

namespace json = boost::json;

constexpr int kMaxDepth = 32;
// Values that one selector with wildcards may look at in one message.
constexpr int kMaxVisited = 10'000;

// One step of a selector: .name, ['name'], [3], .* or [*].
struct Step {
  enum class Kind : std::uint8_t { kMember, kIndex, kAny };
  Kind kind = Kind::kMember;
  std::string name;
  std::size_t index = 0;
};

enum class Test : std::uint8_t {
  kCompare,
  kIsNull,
  kIsTrue,
  kIsFalse,
  kExists,
  kNotExists,
  kAll,
  kAny
};

struct Expression {
  Test test = Test::kCompare;
  std::vector<Step> selector;
  Comparison comparison = Comparison::kEqual;
  Operand operand;
  std::vector<Expression> children;
};

// Calls `visit` for each value that the rest of the selector names, until it answers true.
template <class Visit>
bool select(const json::value& at, const std::vector<Step>& steps, std::size_t next, int& budget,
            const Visit& visit) {
  if (--budget < 0) return false;
  if (next == steps.size()) return visit(at);
  const Step& step = steps[next];
  const auto* object = at.if_object();
  const auto* array = at.if_array();
  switch (step.kind) {
    case Step::Kind::kMember: {
      const json::value* member = object ? object->if_contains(step.name) : nullptr;
      return member && select(*member, steps, next + 1, budget, visit);
    }
    case Step::Kind::kIndex:
      return array && step.index < array->size() &&
             select((*array)[step.index], steps, next + 1, budget, visit);
    case Step::Kind::kAny:
      if (object) {
        for (const auto& [name, value] : *object) {
          if (select(value, steps, next + 1, budget, visit)) return true;
        }
      }
      if (array) {
        for (const auto& value : *array) {
          if (select(value, steps, next + 1, budget, visit)) return true;
        }
      }
      return false;
  }
  return false;
}

bool compare(const Expression& e, const json::value& value) {
  const bool negated = e.comparison == Comparison::kNotEqual;
  if (e.operand.number) {
    if (!value.is_number()) return negated;
    return compare_numbers(e.comparison, value.to_number<double>(), *e.operand.number);
  }
  if (const auto* text = value.if_string()) {
    return e.operand.equals({text->data(), text->size()}) != negated;
  }
  // A lone wildcard asks only whether the value is there; booleans may be spelt out.
  bool equal = e.operand.text == "*";
  if (value.is_bool()) equal = equal || e.operand.text == (value.get_bool() ? "true" : "false");
  if (value.is_number() && !equal) {
    equal = e.operand.equals(json::serialize(value));
  }
  return equal != negated;
}

bool holds(const Expression& e, const json::value& root) {
  if (e.test == Test::kAll || e.test == Test::kAny) {
    for (const Expression& child : e.children) {
      if (holds(child, root) == (e.test == Test::kAny)) return e.test == Test::kAny;
    }
    return e.test == Test::kAll;
  }
  int budget = kMaxVisited;
  const bool found = select(root, e.selector, 0, budget, [&](const json::value& value) {
    switch (e.test) {
      case Test::kIsNull:
        return value.is_null();
      case Test::kIsTrue:
        return value.is_bool() && value.get_bool();
      case Test::kIsFalse:
        return value.is_bool() && !value.get_bool();
      case Test::kCompare:
        return compare(e, value);
      default:
        return true;
    }
  });
  return found != (e.test == Test::kNotExists);
}

class JsonMatcher final : public FilterPattern::Matcher {
 public:
  bool matches(std::string_view message) const override {
    message = trim(message);
    if (message.empty() || (message.front() != '{' && message.front() != '[')) return false;
    boost::system::error_code error;
    const json::value root = json::parse({message.data(), message.size()}, error);
    return !error && holds(expression, root);
  }

  Expression expression;
};

class JsonParser {
 public:
  explicit JsonParser(std::string_view pattern) : lexer_(pattern) {}

  std::shared_ptr<const FilterPattern::Matcher> parse() {
    auto out = std::make_shared<JsonMatcher>();
    if (!lexer_.accept("{") || !any_of(out->expression, 0) || !lexer_.accept("}")) return nullptr;
    if (!lexer_.done() || lexer_.regexes() > kMaxRegexes) return nullptr;
    return out;
  }

 private:
  bool any_of(Expression& out, int depth) {
    return joined(out, depth, "||", Test::kAny, &JsonParser::all_of);
  }
  bool all_of(Expression& out, int depth) {
    return joined(out, depth, "&&", Test::kAll, &JsonParser::primary);
  }
  bool joined(Expression& out, int depth, std::string_view separator, Test test,
              bool (JsonParser::*next)(Expression&, int)) {
    std::vector<Expression> parts;
    do {
      if (!(this->*next)(parts.emplace_back(), depth)) return false;
    } while (lexer_.accept(separator));
    if (parts.size() == 1) {
      out = Expression(std::move(parts.front()));
    } else {
      out.test = test;
      out.children = std::move(parts);
    }
    return true;
  }

  bool primary(Expression& out, int depth) {
    if (lexer_.accept("(")) {
      return depth < kMaxDepth && any_of(out, depth + 1) && lexer_.accept(")");
    }
    if (!selector(out.selector)) return false;
    if (lexer_.accept_word("IS")) {
      if (lexer_.accept_word("NULL")) return out.test = Test::kIsNull, true;
      if (lexer_.accept_word("TRUE")) return out.test = Test::kIsTrue, true;
      if (lexer_.accept_word("FALSE")) return out.test = Test::kIsFalse, true;
      return false;
    }
    if (lexer_.accept_word("EXISTS")) return out.test = Test::kExists, true;
    if (lexer_.accept_word("NOT")) {
      out.test = Test::kNotExists;
      return lexer_.accept_word("EXISTS");
    }
    const auto comparison = lexer_.comparison();
    if (!comparison) return false;
    auto operand = lexer_.operand("})");
    if (!operand) return false;
    const bool ordered = *comparison != Comparison::kEqual && *comparison != Comparison::kNotEqual;
    if (ordered && !operand->number) return false;
    out.comparison = *comparison;
    out.operand = std::move(*operand);
    return true;
  }

  bool selector(std::vector<Step>& out) {
    if (!lexer_.accept("$")) return false;
    for (;;) {
      const std::string_view rest = lexer_.rest();
      if (rest.starts_with(".[") || rest.starts_with('[')) {
        lexer_.accept(".");
        lexer_.accept("[");
        if (!bracket(out.emplace_back())) return false;
      } else if (rest.starts_with('.')) {
        lexer_.accept(".");
        Step& step = out.emplace_back();
        if (lexer_.accept("*")) {
          step.kind = Step::Kind::kAny;
        } else {
          step.name = lexer_.word("_-@#/:");
          if (step.name.empty()) return false;
        }
      } else {
        return !out.empty();
      }
    }
  }

  bool bracket(Step& step) {
    if (lexer_.accept("*")) {
      step.kind = Step::Kind::kAny;
      return lexer_.accept("]");
    }
    if (lexer_.peek() == '"') {
      auto name = lexer_.quoted();
      step.name = name.value_or("");
      return name && lexer_.accept("]");
    }
    if (lexer_.accept("'")) {
      step.name = lexer_.word("_-@#/:. ");
      return !step.name.empty() && lexer_.accept("'") && lexer_.accept("]");
    }
    const auto number = parse_number(lexer_.word(""));
    if (!number || *number > 1'000'000) return false;
    step.kind = Step::Kind::kIndex;
    step.index = static_cast<std::size_t>(*number);
    return lexer_.accept("]");
  }

  PatternLexer lexer_;
};

}  // namespace

ParsedPattern parse_json_pattern(std::string_view pattern) {
  auto out = JsonParser(pattern).parse();
  if (!out) return std::unexpected(std::string(kInvalidFilterPattern));
  return out;
}

}  // namespace kiln::logs
