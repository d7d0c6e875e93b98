// SPDX-License-Identifier: Apache-2.0
// The functions of metric math.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html#metric-math-syntax
#include "services/cloudwatch/expression.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <optional>
#include <span>
#include <utility>

namespace kiln::cloudwatch {
namespace {

using Kind = ExpressionNode::Kind;
using Values = std::vector<Value>;

std::unexpected<Error> wrong(std::string message) {
  return fail(ErrorCode::kInvalidArgument, std::move(message));
}

double sum_of(std::span<const double> v) {
  double out = 0;
  for (const double value : v) out += value;
  return out;
}
double average_of(std::span<const double> v) { return sum_of(v) / static_cast<double>(v.size()); }
double deviation_of(std::span<const double> v) {
  const double average = average_of(v);
  double squares = 0;
  for (const double value : v) squares += (value - average) * (value - average);
  return std::sqrt(squares / static_cast<double>(v.size()));
}

// What makes one number of several, which are at least one.
using Reduction = double (*)(std::span<const double>);
struct NamedReduction {
  std::string_view name;
  Reduction of;
};
constexpr std::array<NamedReduction, 6> kReductions = {
    {{"SUM", sum_of},
     {"AVG", average_of},
     {"MIN", [](std::span<const double> v) { return std::ranges::min(v); }},
     {"MAX", [](std::span<const double> v) { return std::ranges::max(v); }},
     {"STDDEV", deviation_of},
     {"DATAPOINT_COUNT", [](std::span<const double> v) { return static_cast<double>(v.size()); }}}};

struct NamedChange {
  std::string_view name;
  double (*of)(double);
};
constexpr std::array<NamedChange, 5> kChanges = {
    {{"ABS", [](double v) { return std::abs(v); }},
     {"CEIL", [](double v) { return std::ceil(v); }},
     {"FLOOR", [](double v) { return std::floor(v); }},
     {"LOG", [](double v) { return std::log(v); }},
     {"LOG10", [](double v) { return std::log10(v); }}}};

// What makes a series of a series.
using OfSeries = TimeSeries (*)(const TimeSeries&);

// Each point but the first from itself and the one before.
template <class Of>
TimeSeries from_pairs(const TimeSeries& series, Of of) {
  TimeSeries out{.label = series.label, .period_ms = series.period_ms};
  const std::pair<const std::int64_t, double>* before = nullptr;
  for (const auto& point : series.points) {
    if (before) {
      const double seconds = static_cast<double>(point.first - before->first) / 1'000;
      out.points.emplace(point.first, of(point.second - before->second, seconds));
    }
    before = &point;
  }
  return out;
}

TimeSeries rate(const TimeSeries& series) {
  return from_pairs(series, [](double change, double seconds) { return change / seconds; });
}
TimeSeries diff(const TimeSeries& series) {
  return from_pairs(series, [](double change, double) { return change; });
}
TimeSeries diff_time(const TimeSeries& series) {
  return from_pairs(series, [](double, double seconds) { return seconds; });
}
TimeSeries running_sum(const TimeSeries& series) {
  TimeSeries out = series;
  double sum = 0;
  for (auto& [at, value] : out.points) value = sum += value;
  return out;
}

template <class Of>
TimeSeries of_time(const TimeSeries& series, Of of) {
  TimeSeries out = series;
  for (auto& [at, value] : out.points) {
    const std::chrono::sys_time<std::chrono::milliseconds> time{std::chrono::milliseconds(at)};
    value = of(time);
  }
  return out;
}
using TimePoint = std::chrono::sys_time<std::chrono::milliseconds>;
std::chrono::year_month_day date_of(TimePoint at) {
  return std::chrono::floor<std::chrono::days>(at);
}
double number(auto value) { return static_cast<double>(value); }
TimeSeries epoch(const TimeSeries& series) {
  return of_time(series,
                 [](TimePoint at) { return number(at.time_since_epoch().count() / 1'000); });
}
TimeSeries minute(const TimeSeries& series) {
  return of_time(series,
                 [](TimePoint at) { return number(at.time_since_epoch().count() / 60'000 % 60); });
}
TimeSeries hour(const TimeSeries& series) {
  return of_time(
      series, [](TimePoint at) { return number(at.time_since_epoch().count() / 3'600'000 % 24); });
}
// 1: Monday.
TimeSeries day(const TimeSeries& series) {
  return of_time(series, [](TimePoint at) {
    const std::chrono::weekday weekday{std::chrono::floor<std::chrono::days>(at)};
    return number(weekday.iso_encoding());
  });
}
TimeSeries day_of_month(const TimeSeries& series) {
  return of_time(series,
                 [](TimePoint at) { return number(static_cast<unsigned>(date_of(at).day())); });
}
TimeSeries month(const TimeSeries& series) {
  return of_time(series,
                 [](TimePoint at) { return number(static_cast<unsigned>(date_of(at).month())); });
}
TimeSeries year(const TimeSeries& series) {
  return of_time(series, [](TimePoint at) { return number(static_cast<int>(date_of(at).year())); });
}

struct NamedOfSeries {
  std::string_view name;
  OfSeries of;
};
constexpr std::array<NamedOfSeries, 11> kOfSeries = {{{"RATE", rate},
                                                      {"DIFF", diff},
                                                      {"DIFF_TIME", diff_time},
                                                      {"RUNNING_SUM", running_sum},
                                                      {"EPOCH", epoch},
                                                      {"MINUTE", minute},
                                                      {"HOUR", hour},
                                                      {"DAY", day},
                                                      {"DATE", day_of_month},
                                                      {"MONTH", month},
                                                      {"YEAR", year}}};

constexpr std::array<std::string_view, 12> kOthers = {
    "SEARCH", "METRICS", "METRIC_COUNT", "PERIOD", "TIME_SERIES", "IF",
    "FILL",   "FIRST",   "LAST",         "SLICE",  "SORT",        "REMOVE_EMPTY"};
// Those of CloudWatch that ask other services.
constexpr std::array<std::string_view, 5> kRefused = {
    "ANOMALY_DETECTION_BAND", "INSIGHT_RULE_METRIC", "SERVICE_QUOTA", "DB_PERF_INSIGHTS", "LAMBDA"};

template <class Table>
auto named(const Table& table, std::string_view name) {
  const auto found = std::ranges::find(table, name, [](const auto& entry) { return entry.name; });
  return found == table.end() ? nullptr : &*found;
}

Result<Value> reduce(Reduction of, const std::string& name, const Value& value) {
  if (const auto* series = std::get_if<TimeSeries>(&value)) {
    // Nothing is made of nothing, and it stays nothing in arithmetic.
    if (series->points.empty() && name != "SUM" && name != "DATAPOINT_COUNT") {
      return TimeSeries{.label = name};
    }
    std::vector<double> values;
    for (const auto& [at, v] : series->points) values.push_back(v);
    return of(values);
  }
  const auto* list = std::get_if<SeriesList>(&value);
  if (!list) return wrong(name + " takes a time series or a list of them");
  std::map<std::int64_t, std::vector<double>> columns;
  TimeSeries out{.label = name};
  for (const TimeSeries& series : *list) {
    out.period_ms = std::max(out.period_ms, series.period_ms);
    for (const auto& [at, v] : series.points) columns[at].push_back(v);
  }
  for (const auto& [at, values] : columns) out.points.emplace(at, of(values));
  return out;
}

// The beginnings of the periods of the request.
std::int64_t first_period(const Scope& scope, std::int64_t period_ms) {
  return scope.from_ms / period_ms * period_ms;
}

// A gap as large as the largest answer is no gap that anybody can draw.
constexpr std::int64_t kMostPoints = 100'800;

Result<TimeSeries> fill(const TimeSeries& series, const ExpressionNode& how, const Scope& scope) {
  std::optional<double> constant;
  if (how.kind != Kind::kText) {
    KILN_TRY(const Value value, evaluate_node(how, scope));
    if (!std::holds_alternative<double>(value)) return wrong("FILL takes a number");
    constant = std::get<double>(value);
  } else if (how.text != "REPEAT" && how.text != "LINEAR") {
    return wrong("FILL takes a number, REPEAT or LINEAR");
  }
  const bool linear = how.text == "LINEAR";
  if ((scope.to_ms - scope.from_ms) / series.period_ms > kMostPoints) {
    return wrong("FILL would make too many datapoints");
  }
  TimeSeries out = series;
  const auto& known = series.points;
  for (std::int64_t at = first_period(scope, series.period_ms); at < scope.to_ms;
       at += series.period_ms) {
    if (known.contains(at)) continue;
    if (constant) {
      out.points.emplace(at, *constant);
      continue;
    }
    const auto after = known.upper_bound(at);
    if (after == known.begin()) continue;  // nothing before it
    const auto before = std::prev(after);
    if (!linear) {
      out.points.emplace(at, before->second);
    } else if (after != known.end()) {
      const double part = number(at - before->first) / number(after->first - before->first);
      out.points.emplace(at, before->second + part * (after->second - before->second));
    }
  }
  return out;
}

std::optional<double> value_at(const Value& value, std::int64_t at) {
  if (const double* number = std::get_if<double>(&value)) return *number;
  const auto& points = std::get<TimeSeries>(value).points;
  const auto found = points.find(at);
  return found == points.end() ? std::nullopt : std::optional(found->second);
}

Result<Value> choose(const Values& values) {
  for (const Value& value : values) {
    if (std::holds_alternative<SeriesList>(value)) return wrong("IF takes no list of series");
  }
  if (const double* condition = std::get_if<double>(&values[0])) {
    if (*condition != 0) return values[1];
    if (values.size() == 3) return values[2];
    return TimeSeries{.label = "IF"};
  }
  const auto& condition = std::get<TimeSeries>(values[0]);
  TimeSeries out{.label = "IF", .period_ms = condition.period_ms};
  for (const auto& [at, truth] : condition.points) {
    if (truth == 0 && values.size() < 3) continue;
    if (const auto value = value_at(values[truth != 0 ? 1 : 2], at)) out.points.emplace(at, *value);
  }
  return out;
}

// The members of a list; a single series is a list of one.
Result<SeriesList> list_of(const std::string& name, const Value& value) {
  if (const auto* list = std::get_if<SeriesList>(&value)) return *list;
  if (const auto* series = std::get_if<TimeSeries>(&value)) return SeriesList{*series};
  return wrong(name + " takes a list of time series");
}

Result<std::size_t> index_of(const Value& value, std::size_t size) {
  const double* index = std::get_if<double>(&value);
  if (!index || *index < 0 || *index != std::floor(*index)) return wrong("an index is no number");
  return static_cast<std::size_t>(std::min(*index, static_cast<double>(size)));
}

Result<Value> slice(SeriesList list, const Values& values) {
  KILN_TRY(const std::size_t begin, index_of(values[1], list.size()));
  if (values.size() == 2) {
    if (begin >= list.size()) return wrong("SLICE begins behind the end of the list");
    return std::move(list[begin]);
  }
  KILN_TRY(const std::size_t end, index_of(values[2], list.size()));
  if (begin > end) return wrong("SLICE ends before it begins");
  return SeriesList(list.begin() + static_cast<std::ptrdiff_t>(begin),
                    list.begin() + static_cast<std::ptrdiff_t>(end));
}

// SORT(list, MAX, DESC, 10)
Result<Value> sorted(const ExpressionNode& call, const Scope& scope) {
  const auto& parts = call.parts;
  if (parts.size() < 3 || parts.size() > 4) return wrong("SORT takes 3 or 4 arguments");
  KILN_TRY(const Value value, evaluate_node(parts[0], scope));
  KILN_TRY(SeriesList list, list_of("SORT", value));
  const auto* by = named(kReductions, parts[1].text);
  const bool ascending = parts[2].text == "ASC";
  if (!by || (!ascending && parts[2].text != "DESC")) {
    return wrong("SORT takes AVG, MIN, MAX or SUM, then ASC or DESC");
  }
  std::erase_if(list, [](const TimeSeries& series) { return series.points.empty(); });
  std::vector<std::pair<double, std::size_t>> order;
  for (std::size_t i = 0; i < list.size(); ++i) {
    std::vector<double> values;
    for (const auto& [at, v] : list[i].points) values.push_back(v);
    order.emplace_back(by->of(values), i);
  }
  std::ranges::sort(order, [ascending](const auto& a, const auto& b) {
    if (a.first == b.first) return a.second < b.second;
    return ascending ? a.first < b.first : a.first > b.first;
  });
  if (parts.size() == 4) {
    KILN_TRY(const Value limit, evaluate_node(parts[3], scope));
    KILN_TRY(const std::size_t most, index_of(limit, order.size()));
    order.resize(most);
  }
  SeriesList out;
  for (const auto& [key, index] : order) out.push_back(std::move(list[index]));
  return out;
}

Result<Value> metrics(const ExpressionNode& call, const Scope& scope) {
  if (call.parts.size() > 1) return wrong("METRICS takes one text");
  if (!call.parts.empty() && call.parts[0].kind != Kind::kText)
    return wrong("METRICS takes a text");
  KILN_TRY(SeriesList found, scope.metrics(call.parts.empty() ? "" : call.parts[0].text));
  return found;
}

Result<Value> constant_series(const Value& value, const Scope& scope) {
  const double* constant = std::get_if<double>(&value);
  if (!constant) return wrong("TIME_SERIES takes a number");
  return fill({.label = "TIME_SERIES", .period_ms = scope.period_ms},
              {.kind = Kind::kNumber, .number = *constant}, scope);
}

struct Arity {
  std::size_t least = 1;
  std::size_t most = 1;
};
Arity arity_of(std::string_view name) {
  if (name == "IF") return {2, 3};
  if (name == "SLICE") return {2, 3};
  return {1, 1};
}

Result<Value> of_list(const std::string& name, const Values& values) {
  KILN_TRY(SeriesList list, list_of(name, values[0]));
  if (name == "METRIC_COUNT") return number(list.size());
  if (name == "SLICE") return slice(std::move(list), values);
  std::erase_if(list, [](const TimeSeries& series) { return series.points.empty(); });
  if (name == "REMOVE_EMPTY") return list;
  if (list.empty()) return TimeSeries{.label = name};
  return name == "FIRST" ? list.front() : list.back();
}

}  // namespace

std::string why_unknown(std::string_view function) {
  if (std::ranges::find(kRefused, function) != kRefused.end()) {
    return "the function " + std::string(function) + " is not supported here";
  }
  if (named(kReductions, function) || named(kChanges, function) || named(kOfSeries, function) ||
      std::ranges::find(kOthers, function) != kOthers.end()) {
    return "";
  }
  return "there is no function " + std::string(function);
}

Result<Value> call_function(const ExpressionNode& call, const Scope& scope) {
  const std::string& name = call.text;
  if (name == "METRICS") return metrics(call, scope);
  if (name == "SORT") return sorted(call, scope);
  if (name == "FILL") {
    if (call.parts.size() != 2) return wrong("FILL takes 2 arguments");
    KILN_TRY(Value value, evaluate_node(call.parts[0], scope));
    if (std::holds_alternative<double>(value)) return wrong("FILL takes a time series");
    if (const auto* series = std::get_if<TimeSeries>(&value)) {
      return fill(*series, call.parts[1], scope);
    }
    for (TimeSeries& series : std::get<SeriesList>(value)) {
      KILN_TRY(series, fill(series, call.parts[1], scope));
    }
    return value;
  }
  const auto [least, most] = arity_of(name);
  if (call.parts.size() < least || call.parts.size() > most) {
    return wrong(name + " takes " + std::to_string(most) + " argument" + (most > 1 ? "s" : ""));
  }
  Values values;
  for (const ExpressionNode& part : call.parts) {
    KILN_TRY(Value value, evaluate_node(part, scope));
    values.push_back(std::move(value));
  }
  if (const auto* reduction = named(kReductions, name)) {
    return reduce(reduction->of, name, values[0]);
  }
  if (const auto* change = named(kChanges, name))
    return each_value(std::move(values[0]), change->of);
  if (const auto* of_series = named(kOfSeries, name)) {
    if (const auto* series = std::get_if<TimeSeries>(&values[0])) return of_series->of(*series);
    KILN_TRY(SeriesList list, list_of(name, values[0]));
    for (TimeSeries& series : list) series = of_series->of(series);
    return list;
  }
  if (name == "IF") return choose(values);
  if (name == "TIME_SERIES") return constant_series(values[0], scope);
  if (name == "PERIOD") {
    const auto* series = std::get_if<TimeSeries>(&values[0]);
    if (!series) return wrong("PERIOD takes a time series");
    return number(series->period_ms / 1'000);
  }
  return of_list(name, values);
}

}  // namespace kiln::cloudwatch
