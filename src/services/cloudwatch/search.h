// SPDX-License-Identifier: Apache-2.0
#pragma once
// Search expressions of metric math: which series SEARCH('{AWS/Lambda,FunctionName} Errors', ...)
// means. Parsed once, matched often. Pure.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html
//
// {Namespace, Dimension, ...} wants series of that namespace with exactly these dimensions. A term
// is a word or "an exact text", alone (any name or value of the series) or behind a property
// (MetricName=, Namespace=, a dimension's name); terms are joined by AND (also by nothing), OR, NOT
// and parentheses. A word matches when its parts are parts of the value, in any case: "errors" is
// in "DeadLetterErrors". Bounds: kMaxDepth.

#include "base/result.h"
#include "metering/metric_store.h"

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace kiln::cloudwatch {

class Search {
 public:
  static constexpr int kMaxDepth = 20;

  // Errors: kInvalidArgument with what is wrong.
  static Result<Search> parse(std::string_view text);
  bool matches(const metering::Series& series) const;
  // When the search names it: nothing else need be looked through.
  const std::string& space() const { return space_; }

 private:
  friend class SearchParser;
  struct Node {
    enum class Kind : std::uint8_t { kAll, kAny, kNot, kTerm };
    Kind kind = Kind::kAll;
    std::vector<Node> parts = {};
    std::string property = {};  // of a term; empty: any
    std::string text = {};
    bool exact = false;
  };
  static bool holds(const Node& node, const metering::Series& series);

  std::string space_;
  std::optional<std::set<std::string>> dimensions_;  // the schema's
  Node root_;
};

}  // namespace kiln::cloudwatch
