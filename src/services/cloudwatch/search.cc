// SPDX-License-Identifier: Apache-2.0
#include "services/cloudwatch/search.h"

#include <algorithm>
#include <cctype>
#include <utility>

namespace kiln::cloudwatch {
namespace {

std::unexpected<Error> wrong(std::string message) {
  return fail(ErrorCode::kInvalidArgument, "SEARCH: " + std::move(message));
}

bool is(int (*of)(int), char c) { return of(static_cast<unsigned char>(c)) != 0; }
char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

// "DeadLetterErrors-eu1" -> dead letter errors eu 1.
std::vector<std::string> parts_of(std::string_view text) {
  std::vector<std::string> out;
  char before = 0;
  for (const char c : text) {
    if (!is(std::isalnum, c)) {
      before = 0;
      continue;
    }
    const bool begins = before == 0 || (is(std::isupper, c) && !is(std::isupper, before)) ||
                        is(std::isdigit, c) != is(std::isdigit, before);
    if (begins) out.emplace_back();
    out.back() += lower(c);
    before = c;
  }
  return out;
}

bool same_text(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

bool fits(std::string_view value, const std::string& text, bool exact) {
  if (exact) return same_text(value, text);
  const auto wanted = parts_of(text);
  const auto there = parts_of(value);
  return same_text(value, text) || (!wanted.empty() && !std::ranges::search(there, wanted).empty());
}

}  // namespace

class SearchParser {
 public:
  explicit SearchParser(std::string_view text) : text_(text) {}

  Result<Search> parse_all() {
    Search out;
    if (take('{')) {
      KILN_TRY_VOID(schema(out));
    }
    skip();
    if (at_ < text_.size()) {
      KILN_TRY(out.root_, any());
      skip();
      if (at_ < text_.size()) return wrong("unexpected ')'");
    }
    if (out.space_.empty()) out.space_ = named_space(out.root_);
    return out;
  }

 private:
  using Node = Search::Node;
  using Kind = Node::Kind;

  void skip() {
    while (at_ < text_.size() && is(std::isspace, text_[at_])) ++at_;
  }
  bool take(char c) {
    skip();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool take_word(std::string_view word) {
    skip();
    const std::string_view rest = text_.substr(at_);
    const bool ends = rest.size() == word.size() ||
                      (rest.size() > word.size() &&
                       (is(std::isspace, rest[word.size()]) || rest[word.size()] == '('));
    if (!rest.starts_with(word) || !ends) return false;
    at_ += word.size();
    return true;
  }

  // A word up to one of `stops` or a blank, or a text in quotes.
  struct Word {
    std::string text;
    bool quoted = false;
  };
  Result<Word> word(std::string_view stops) {
    if (take('"')) {
      const auto end = text_.find('"', at_);
      if (end == std::string_view::npos) return wrong("a quote is missing");
      Word out{std::string(text_.substr(at_, end - at_)), true};
      at_ = end + 1;
      return out;
    }
    skip();
    const std::size_t begin = at_;
    while (at_ < text_.size() && !stops.contains(text_[at_]) && !is(std::isspace, text_[at_])) {
      ++at_;
    }
    if (at_ == begin) return wrong("a word is missing");
    return Word{std::string(text_.substr(begin, at_ - begin)), false};
  }

  Status schema(Search& out) {
    std::set<std::string> dimensions;
    KILN_TRY(Word space, word(",}"));
    out.space_ = std::move(space.text);
    while (take(',')) {
      KILN_TRY(Word name, word(",}"));
      dimensions.insert(std::move(name.text));
    }
    if (!take('}')) return wrong("a '}' is missing");
    out.dimensions_ = std::move(dimensions);
    return {};
  }

  Result<Node> any() {
    if (++depth_ > Search::kMaxDepth) return wrong("it is nested too deep");
    Node out{.kind = Kind::kAny};
    do {
      KILN_TRY(Node part, all());
      out.parts.push_back(std::move(part));
    } while (take_word("OR"));
    --depth_;
    return out;
  }

  Result<Node> all() {
    Node out{.kind = Kind::kAll};
    for (;;) {
      KILN_TRY(Node part, one());
      out.parts.push_back(std::move(part));
      if (take_word("AND")) continue;
      skip();
      const bool ends = at_ == text_.size() || text_[at_] == ')' || at_or();
      if (ends) return out;
    }
  }
  bool at_or() {
    const std::size_t here = at_;
    const bool found = take_word("OR");
    at_ = here;
    return found;
  }

  Result<Node> one() {
    Node out{.kind = Kind::kNot};
    if (take_word("NOT")) {
      if (++depth_ > Search::kMaxDepth) return wrong("it is nested too deep");
      KILN_TRY(Node part, one());
      --depth_;
      out.parts.push_back(std::move(part));
      return out;
    }
    if (take('(')) {
      KILN_TRY(Node inside, any());
      if (!take(')')) return wrong("a ')' is missing");
      return inside;
    }
    KILN_TRY(Word first, word("=()\""));
    out.kind = Kind::kTerm;
    if (!take('=')) {
      out.text = std::move(first.text);
      out.exact = first.quoted;
      return out;
    }
    out.property = std::move(first.text);
    if (take('(')) return values_of(std::move(out.property));
    KILN_TRY(Word value, word("()\""));
    out.text = std::move(value.text);
    out.exact = value.quoted;
    return out;
  }

  // MetricName=("Errors" OR "Throttles")
  Result<Node> values_of(std::string property) {
    Node out{.kind = Kind::kAny};
    do {
      KILN_TRY(Word value, word("()\""));
      out.parts.push_back({.kind = Kind::kTerm,
                           .property = property,
                           .text = std::move(value.text),
                           .exact = value.quoted});
    } while (take_word("OR"));
    if (!take(')')) return wrong("a ')' is missing");
    return out;
  }

  // What must be the namespace, whatever else holds.
  static std::string named_space(const Node& node) {
    const bool term = node.kind == Kind::kTerm && node.exact;
    if (term && same_text(node.property, "Namespace")) return node.text;
    const bool through =
        node.kind == Kind::kAll || (node.kind == Kind::kAny && node.parts.size() == 1);
    if (!through) return "";
    for (const Node& part : node.parts) {
      if (std::string space = named_space(part); !space.empty()) return space;
    }
    return "";
  }

  const std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

Result<Search> Search::parse(std::string_view text) { return SearchParser(text).parse_all(); }

bool Search::matches(const metering::Series& series) const {
  if (!space_.empty() && series.space != space_) return false;
  if (dimensions_) {
    const bool same = std::ranges::equal(series.dimensions, *dimensions_, {},
                                         [](const auto& dimension) { return dimension.first; });
    if (!same) return false;
  }
  return holds(root_, series);
}

bool Search::holds(const Node& node, const metering::Series& series) {
  const auto of = [&series](const Node& part) { return holds(part, series); };
  switch (node.kind) {
    case Node::Kind::kAll:
      return std::ranges::all_of(node.parts, of);
    case Node::Kind::kAny:
      return std::ranges::any_of(node.parts, of);
    case Node::Kind::kNot:
      return !holds(node.parts[0], series);
    case Node::Kind::kTerm:
      break;
  }
  const auto value_fits = [&node](std::string_view value) {
    return fits(value, node.text, node.exact);
  };
  if (same_text(node.property, "MetricName")) return value_fits(series.name);
  if (same_text(node.property, "Namespace")) return value_fits(series.space);
  if (!node.property.empty()) {
    const auto found = series.dimensions.find(node.property);
    return found != series.dimensions.end() && value_fits(found->second);
  }
  return value_fits(series.name) || value_fits(series.space) ||
         std::ranges::any_of(series.dimensions, [&](const auto& dimension) {
           return value_fits(dimension.first) || value_fits(dimension.second);
         });
}

}  // namespace kiln::cloudwatch
