// SPDX-License-Identifier: Apache-2.0
#pragma once
// Metric math: expressions over time series, parsed once and evaluated without the store. Pure.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
//
// Known: numbers, ids, [lists], + - * / ^, comparisons, AND OR && ||, and the functions that
// expression_functions.cc lists. SEARCH is an id whose value the caller finds beforehand. Metrics
// Insights (SELECT), ANOMALY_DETECTION_BAND and the other functions that ask further services are
// errors that name themselves. A point exists where
// all operands have one; what is not a finite number (a division by zero) is no point.
// Bounds: expressions are 2,048 characters (the model's), kMaxDepth deep, with kMaxOperators: they
// are evaluated by recursion.

#include "base/result.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace kiln::cloudwatch {

struct TimeSeries {
  std::string label;
  std::int64_t period_ms = 60'000;
  std::map<std::int64_t, double> points = {};  // by the beginning of the period, ms since 1970
};
using SeriesList = std::vector<TimeSeries>;
using Value = std::variant<double, TimeSeries, SeriesList>;

// What an expression is evaluated in. Errors of its functions are the expression's; they also bound
// how many points it works on.
struct Scope {
  std::function<Result<Value>(const std::string& id)> find;
  // METRICS(): the series of the request's metrics whose ids contain `part`, in its order.
  std::function<Result<SeriesList>(std::string_view part)> metrics;
  std::int64_t from_ms = 0;  // of the request
  std::int64_t to_ms = 0;
  std::int64_t period_ms = 60'000;  // of series that the expression makes itself
};

// SEARCH('{AWS/Lambda,FunctionName} Errors', 'Sum', 300) in an expression.
struct SearchCall {
  std::string id;  // as Scope::find is asked for its value
  std::string text;
  std::string statistic;
  std::int32_t period_s = 0;
};

struct ExpressionNode;

class Expression {
 public:
  static constexpr int kMaxDepth = 40;
  static constexpr int kMaxOperators = 300;

  // Errors: kInvalidArgument with what is wrong.
  static Result<Expression> parse(std::string_view text);
  Result<Value> evaluate(const Scope& scope) const;
  // The ids that it names.
  const std::set<std::string>& ids() const { return ids_; }
  const std::vector<SearchCall>& searches() const { return searches_; }

 private:
  std::shared_ptr<const ExpressionNode> root_;
  std::set<std::string> ids_;
  std::vector<SearchCall> searches_;
};

// A parsed expression; of the files of this class.
struct ExpressionNode {
  enum class Kind : std::uint8_t { kNumber, kText, kId, kCall, kList, kNegate, kBinary };
  Kind kind = Kind::kNumber;
  double number = 0;
  std::string text = {};  // of a text, an id, a function or an operator
  std::vector<ExpressionNode> parts = {};
};
Result<Value> evaluate_node(const ExpressionNode& node, const Scope& scope);
Result<Value> call_function(const ExpressionNode& call, const Scope& scope);
// Applies `of` to numbers, to the points of series and of each of a list.
Result<Value> each_value(Value value, const std::function<double(double)>& of);
Result<Value> combine(const Value& left, const Value& right,
                      const std::function<double(double, double)>& of);
// Empty: it is known.
std::string why_unknown(std::string_view function);

}  // namespace kiln::cloudwatch
