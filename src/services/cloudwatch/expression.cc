// SPDX-License-Identifier: Apache-2.0
#include "services/cloudwatch/expression.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

namespace kiln::cloudwatch {
namespace {

using Node = ExpressionNode;
using Kind = Node::Kind;

std::unexpected<Error> wrong(std::string message) {
  return fail(ErrorCode::kInvalidArgument, std::move(message));
}

bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) { return is_letter(c) || is_digit(c) || c == '_'; }

// The operators of each level, the loosest first; ^ binds closer than the sign.
using Level = std::vector<std::string_view>;
const std::array<Level, 5> kLevels = {
    {{"||", "OR"}, {"&&", "AND"}, {"==", "!=", "<=", ">=", "<", ">"}, {"+", "-"}, {"*", "/"}}};

class Parser {
 public:
  Parser(std::string_view text, std::set<std::string>& ids, std::vector<SearchCall>& searches)
      : text_(text), ids_(ids), searches_(searches) {}

  Result<Node> parse_all() {
    KILN_TRY(Node node, binary(0));
    skip();
    if (at_ < text_.size()) return wrong("unexpected '" + std::string(text_.substr(at_, 1)) + "'");
    return node;
  }

 private:
  void skip() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) ++at_;
  }
  bool take(std::string_view token) {
    skip();
    if (!text_.substr(at_).starts_with(token)) return false;
    const std::size_t end = at_ + token.size();
    // AND and OR are words: "ORDERS" begins with neither.
    if (is_letter(token[0]) && end < text_.size() && is_word(text_[end])) return false;
    at_ = end;
    return true;
  }

  Result<Node> binary(std::size_t level) {
    if (level == kLevels.size()) return sign();
    KILN_TRY(Node left, binary(level + 1));
    for (;;) {
      std::string_view found;
      for (const std::string_view candidate : kLevels[level]) {
        if (take(candidate)) {
          found = candidate;
          break;
        }
      }
      if (found.empty()) return left;
      if (++operators_ > Expression::kMaxOperators) return wrong("it has too many operators");
      KILN_TRY(Node right, binary(level + 1));
      left = both(found, std::move(left), std::move(right));
    }
  }

  static Node both(std::string_view op, Node left, Node right) {
    Node out{.kind = Kind::kBinary, .text = std::string(op)};
    out.parts.push_back(std::move(left));
    out.parts.push_back(std::move(right));
    return out;
  }

  Result<Node> sign() {
    if (++depth_ > Expression::kMaxDepth) return wrong("it is nested too deep");
    bool negative = false;
    while (take("-") || take("+")) negative ^= text_[at_ - 1] == '-';
    KILN_TRY(Node node, power());
    --depth_;
    if (!negative) return node;
    Node out{.kind = Kind::kNegate};
    out.parts.push_back(std::move(node));
    return out;
  }

  Result<Node> power() {
    KILN_TRY(Node base, primary());
    if (!take("^")) return base;
    if (++operators_ > Expression::kMaxOperators) return wrong("it has too many operators");
    KILN_TRY(Node exponent, sign());
    return both("^", std::move(base), std::move(exponent));
  }

  Result<Node> primary() {
    skip();
    if (at_ == text_.size()) return wrong("it ends too early");
    const char c = text_[at_];
    if (is_digit(c) || c == '.') return number();
    if (c == '\'' || c == '"') return quoted(c);
    if (is_letter(c)) return word();
    if (take("(")) {
      KILN_TRY(Node inside, binary(0));
      if (!take(")")) return wrong("a ')' is missing");
      return inside;
    }
    if (take("[")) {
      Node out{.kind = Kind::kList};
      KILN_TRY(out.parts, arguments("]"));
      return out;
    }
    return wrong("unexpected '" + std::string(1, c) + "'");
  }

  Result<Node> number() {
    Node out;
    const char* end = text_.data() + text_.size();
    const auto [stop, error] = std::from_chars(text_.data() + at_, end, out.number);
    if (error != std::errc()) return wrong("a number is out of range");
    at_ = static_cast<std::size_t>(stop - text_.data());
    return out;
  }

  Result<Node> quoted(char quote) {
    const std::size_t end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) return wrong("a quote is missing");
    Node out{.kind = Kind::kText, .text = std::string(text_.substr(at_ + 1, end - at_ - 1))};
    at_ = end + 1;
    return out;
  }

  Result<Node> word() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_word(text_[at_])) ++at_;
    Node out{.kind = Kind::kId, .text = std::string(text_.substr(begin, at_ - begin))};
    if (out.text == "SELECT") return wrong("Metrics Insights (SELECT) is not supported here");
    if (take("(")) {
      out.kind = Kind::kCall;
      if (std::string why = why_unknown(out.text); !why.empty()) return wrong(std::move(why));
      KILN_TRY(out.parts, arguments(")"));
      return out.text == "SEARCH" ? search(std::move(out)) : std::move(out);
    }
    // Ids begin in lower case; FILL and SORT take words in upper case.
    if (out.text[0] >= 'a' && out.text[0] <= 'z') {
      ids_.insert(out.text);
    } else {
      out.kind = Kind::kText;
    }
    return out;
  }

  Result<Node> search(Node call) {
    const auto& parts = call.parts;
    const bool right = parts.size() == 3 && parts[0].kind == Kind::kText &&
                       parts[1].kind == Kind::kText && parts[2].kind == Kind::kNumber &&
                       parts[2].number >= 1 && parts[2].number <= 86'400;
    if (!right) return wrong("SEARCH takes a search, a statistic and a period in seconds");
    SearchCall found{.id = {},
                     .text = parts[0].text,
                     .statistic = parts[1].text,
                     .period_s = static_cast<std::int32_t>(parts[2].number)};
    // No id of a query has a parenthesis.
    found.id =
        "SEARCH(" + found.text + "," + found.statistic + "," + std::to_string(found.period_s);
    Node out{.kind = Kind::kId, .text = found.id};
    searches_.push_back(std::move(found));
    return out;
  }

  Result<std::vector<Node>> arguments(std::string_view close) {
    std::vector<Node> out;
    if (take(close)) return out;
    do {
      KILN_TRY(Node next, binary(0));
      out.push_back(std::move(next));
    } while (take(","));
    if (!take(close)) return wrong("a '" + std::string(close) + "' is missing");
    return out;
  }

  const std::string_view text_;
  std::set<std::string>& ids_;
  std::vector<SearchCall>& searches_;
  std::size_t at_ = 0;
  int depth_ = 0;
  int operators_ = 0;
};

double truth(bool value) { return value ? 1 : 0; }

std::function<double(double, double)> operator_of(std::string_view op) {
  if (op == "+") return [](double a, double b) { return a + b; };
  if (op == "-") return [](double a, double b) { return a - b; };
  if (op == "*") return [](double a, double b) { return a * b; };
  if (op == "/") return [](double a, double b) { return a / b; };
  if (op == "^") return [](double a, double b) { return std::pow(a, b); };
  if (op == "==") return [](double a, double b) { return truth(a == b); };
  if (op == "!=") return [](double a, double b) { return truth(a != b); };
  if (op == "<=") return [](double a, double b) { return truth(a <= b); };
  if (op == ">=") return [](double a, double b) { return truth(a >= b); };
  if (op == "<") return [](double a, double b) { return truth(a < b); };
  if (op == ">") return [](double a, double b) { return truth(a > b); };
  if (op == "&&" || op == "AND") return [](double a, double b) { return truth(a != 0 && b != 0); };
  return [](double a, double b) { return truth(a != 0 || b != 0); };
}

TimeSeries combine_series(const TimeSeries& left, const TimeSeries& right,
                          const std::function<double(double, double)>& of) {
  TimeSeries out{.label = left.label, .period_ms = std::max(left.period_ms, right.period_ms)};
  for (const auto& [at, value] : left.points) {
    const auto other = right.points.find(at);
    if (other == right.points.end()) continue;
    const double result = of(value, other->second);
    if (std::isfinite(result)) out.points.emplace(at, result);
  }
  return out;
}

// Numbers in a list have their value wherever a series of it has one.
Result<Value> make_list(const Node& node, const Scope& scope) {
  SeriesList out;
  std::vector<double> numbers;
  for (const Node& part : node.parts) {
    KILN_TRY(Value value, evaluate_node(part, scope));
    if (auto* series = std::get_if<TimeSeries>(&value)) {
      out.push_back(std::move(*series));
    } else if (auto* list = std::get_if<SeriesList>(&value)) {
      std::ranges::move(*list, std::back_inserter(out));
    } else {
      numbers.push_back(std::get<double>(value));
    }
  }
  std::set<std::int64_t> times;
  for (const TimeSeries& series : out) {
    for (const auto& [at, value] : series.points) times.insert(at);
  }
  for (const double number : numbers) {
    TimeSeries constant{.label = "", .period_ms = scope.period_ms};
    for (const std::int64_t at : times) constant.points.emplace(at, number);
    out.push_back(std::move(constant));
  }
  return out;
}

}  // namespace

Result<Expression> Expression::parse(std::string_view text) {
  Expression out;
  KILN_TRY(Node root, Parser(text, out.ids_, out.searches_).parse_all());
  out.root_ = std::make_shared<const Node>(std::move(root));
  return out;
}

Result<Value> Expression::evaluate(const Scope& scope) const {
  return evaluate_node(*root_, scope);
}

Result<Value> each_value(Value value, const std::function<double(double)>& of) {
  if (double* number = std::get_if<double>(&value)) return of(*number);
  const auto change = [&of](TimeSeries& series) {
    for (auto it = series.points.begin(); it != series.points.end();) {
      it->second = of(it->second);
      it = std::isfinite(it->second) ? std::next(it) : series.points.erase(it);
    }
  };
  if (auto* series = std::get_if<TimeSeries>(&value)) change(*series);
  if (auto* list = std::get_if<SeriesList>(&value)) std::ranges::for_each(*list, change);
  return value;
}

Result<Value> combine(const Value& left, const Value& right,
                      const std::function<double(double, double)>& of) {
  if (const double* a = std::get_if<double>(&left)) {
    if (const double* b = std::get_if<double>(&right)) return of(*a, *b);
    return each_value(right, [&of, a](double value) { return of(*a, value); });
  }
  if (const double* b = std::get_if<double>(&right)) {
    return each_value(left, [&of, b](double value) { return of(value, *b); });
  }
  const auto* a = std::get_if<TimeSeries>(&left);
  const auto* b = std::get_if<TimeSeries>(&right);
  if (a && b) return combine_series(*a, *b, of);
  if (!a && !b) return wrong("two lists of series cannot be combined");
  SeriesList out;
  for (const TimeSeries& member : std::get<SeriesList>(a ? right : left)) {
    out.push_back(a ? combine_series(*a, member, of) : combine_series(member, *b, of));
    out.back().label = member.label;
  }
  return out;
}

Result<Value> evaluate_node(const Node& node, const Scope& scope) {
  switch (node.kind) {
    case Kind::kNumber:
      return node.number;
    case Kind::kText:
      return wrong("'" + node.text + "' is no value");
    case Kind::kId:
      return scope.find(node.text);
    case Kind::kCall:
      return call_function(node, scope);
    case Kind::kList:
      return make_list(node, scope);
    case Kind::kNegate: {
      KILN_TRY(Value value, evaluate_node(node.parts[0], scope));
      return each_value(std::move(value), [](double number) { return -number; });
    }
    case Kind::kBinary:
      break;
  }
  KILN_TRY(const Value left, evaluate_node(node.parts[0], scope));
  KILN_TRY(const Value right, evaluate_node(node.parts[1], scope));
  return combine(left, right, operator_of(node.text));
}

}  // namespace kiln::cloudwatch
