// SPDX-License-Identifier: Apache-2.0
// GetMetricData: statistics of many series at once, and metric math on them (expression.h).
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
#include "gen/cloudwatch/get_metric_data.h"

#include "services/cloudwatch/api/common.h"
#include "services/cloudwatch/api/operations.h"
#include "services/cloudwatch/expression.h"
#include "services/cloudwatch/search.h"
#include "services/cloudwatch/statistics.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <set>
#include <utility>

namespace kiln::cloudwatch {
namespace {

using Model = gen::cloudwatch::GetMetricData;
using gen::cloudwatch::MetricDataQuery;
using gen::cloudwatch::MetricDataResult;

constexpr std::size_t kMaxQueries = 500;
constexpr std::int32_t kMaxPoints = 100'800;

aws::Authorization authorize(const aws::RequestContext&, const Model::Input&) {
  return {"cloudwatch:GetMetricData", "*"};
}

std::unexpected<aws::ApiError> invalid(std::string message) {
  return aws::fail(aws::ApiError{"ValidationError", 400, std::move(message)});
}

aws::ApiResult<void> check(const Model::Input& input) {
  if (input.start_time->ms >= input.end_time->ms) {
    return invalid("The parameter StartTime must be less than the parameter EndTime.");
  }
  if (input.metric_data_queries->size() > kMaxQueries) {
    return invalid("The collection MetricDataQueries must not have a size greater than 500.");
  }
  std::set<std::string> ids;
  for (const MetricDataQuery& query : *input.metric_data_queries) {
    const std::string& id = *query.id;
    if (id.empty() || id[0] < 'a' || id[0] > 'z') {
      return invalid("The value " + id + " in MetricDataQuery member is not a valid id.");
    }
    if (!ids.insert(id).second)
      return invalid("The ids of MetricDataQueries must be unique: " + id);
    if (query.expression.has_value() == query.metric_stat.has_value()) {
      return invalid("Either Expression or MetricStat must be specified, and not both: " + id);
    }
    if (query.period && !is_period(*query.period))
      return invalid("Period must be 1, 5, 10, 20, 30 or a multiple of 60: " + id);
    if (query.expression) continue;
    if (!is_period(*query.metric_stat->period))
      return invalid("Period must be 1, 5, 10, 20, 30 or a multiple of 60: " + id);
    if (!Statistic::parse(*query.metric_stat->stat)) {
      return invalid("The value " + *query.metric_stat->stat +
                     " for parameter Stat is not supported.");
    }
  }
  return {};
}

// A request's queries: the series of its metrics, and what its expressions make of them.
class Evaluation {
 public:
  explicit Evaluation(const Model::Input& input) : input_(input) {
    std::int32_t period_s = 60;
    for (const MetricDataQuery& query : *input.metric_data_queries) {
      if (query.metric_stat) period_s = std::max(period_s, *query.metric_stat->period);
    }
    scope_ = {.find = [this](const std::string& id) { return find(id); },
              .metrics = [this](std::string_view part) { return metrics(part); },
              .from_ms = input.start_time->ms,
              .to_ms = input.end_time->ms,
              .period_ms = period_s * std::int64_t{1'000}};
  }
  Evaluation(const Evaluation&) = delete;

  // Before the metrics are read: what is wrong with an expression is wrong without any, too.
  aws::ApiResult<void> parse() {
    for (const MetricDataQuery& query : *input_.metric_data_queries) {
      if (!query.expression) continue;
      auto parsed = Expression::parse(*query.expression);
      if (!parsed) return wrong(*query.id, parsed.error().message);
      expressions_.emplace(*query.id, std::move(*parsed));
    }
    return {};
  }
  bool has_expressions() const { return !expressions_.empty(); }
  // Of all expressions, each once, with the id of one that has it.
  std::vector<std::pair<std::string, SearchCall>> searches() const {
    std::vector<std::pair<std::string, SearchCall>> out;
    std::set<std::string> known;
    for (const auto& [id, expression] : expressions_) {
      for (const SearchCall& call : expression.searches()) {
        if (known.insert(call.id).second) out.emplace_back(id, call);
      }
    }
    return out;
  }
  void put(const std::string& id, Value value) { values_[id] = std::move(value); }

  aws::ApiResult<Value> value_of(const MetricDataQuery& query) {
    auto found = find(*query.id);
    if (!found) return wrong(*query.id, found.error().message);
    if (std::holds_alternative<double>(*found)) {
      return wrong(*query.id, "it results in a number, and must result in a time series");
    }
    return std::move(*found);
  }

  static std::unexpected<aws::ApiError> wrong(const std::string& id, const std::string& why) {
    return invalid("Error in expression '" + id + "': " + why + ".");
  }

 private:
  // Evaluation holds up the loop that everybody lives on.
  static constexpr std::size_t kMostWork = 5'000'000;
  static constexpr std::size_t kMostNested = 8;
  Status work(std::size_t points) {
    worked_ += points;
    if (worked_ <= kMostWork) return {};
    return kiln::fail(ErrorCode::kInvalidArgument,
                      "the request's expressions work on too many datapoints");
  }
  static std::size_t size_of(const Value& value) {
    if (const auto* series = std::get_if<TimeSeries>(&value)) return series->points.size();
    std::size_t out = 1;
    if (const auto* list = std::get_if<SeriesList>(&value)) {
      for (const TimeSeries& series : *list) out += series.points.size();
    }
    return out;
  }

  Result<Value> find(const std::string& id) {
    if (const auto known = values_.find(id); known != values_.end()) {
      KILN_TRY_VOID(work(size_of(known->second)));
      return known->second;
    }
    const auto expression = expressions_.find(id);
    if (expression == expressions_.end()) {
      return kiln::fail(ErrorCode::kInvalidArgument, "there is no query with the id '" + id + "'");
    }
    if (!evaluating_.insert(id).second) {
      return kiln::fail(ErrorCode::kInvalidArgument, "'" + id + "' refers to itself");
    }
    if (evaluating_.size() > kMostNested) {
      return kiln::fail(ErrorCode::kInvalidArgument, "expressions refer to each other too deep");
    }
    auto value = expression->second.evaluate(scope_);
    evaluating_.erase(id);
    if (value) values_.emplace(id, *value);
    return value;
  }

  Result<SeriesList> metrics(std::string_view part) {
    SeriesList out;
    for (const MetricDataQuery& query : *input_.metric_data_queries) {
      if (!query.metric_stat || !query.id->contains(part)) continue;
      if (const auto known = values_.find(*query.id); known != values_.end()) {
        KILN_TRY_VOID(work(size_of(known->second)));
        out.push_back(std::get<TimeSeries>(known->second));
      }
    }
    return out;
  }

  const Model::Input& input_;
  Scope scope_;
  std::map<std::string, Expression> expressions_;
  std::map<std::string, Value> values_;
  std::set<std::string> evaluating_;
  std::size_t worked_ = 0;  // points so far
};

Task<aws::ApiResult<TimeSeries>> read_series(Service& service, aws::RequestContext context,
                                             const MetricDataQuery& query, Timestamp from,
                                             Timestamp to) {
  const auto& stat = *query.metric_stat;
  auto dimensions = to_dimensions(stat.metric->dimensions);
  if (!dimensions) co_return aws::fail(std::move(dimensions.error()));
  TimeSeries out{.label = query.label.value_or(stat.metric->metric_name.value_or("")),
                 .period_ms = std::max(metering::kMinuteMs, *stat.period * std::int64_t{1'000})};
  auto reading =
      read_periods(service,
                   {context.account, context.region, stat.metric->namespace_.value_or(""),
                    stat.metric->metric_name.value_or(""), std::move(*dimensions)},
                   *stat.period, from, to);
  const auto points = co_await reading;
  if (!points) co_return aws::fail(points.error());
  const auto statistic = Statistic::parse(*stat.stat);
  for (const metering::TimedPoint& timed : *points) {
    if (stat.unit && *stat.unit != timed.point.unit) continue;
    if (const auto value = statistic->of(timed.point)) out.points.emplace(timed.start.ms, *value);
  }
  co_return out;
}

// As long as CloudWatch looks back for a search, and as many as it finds.
constexpr std::int64_t kSearchedMs = 14 * 24 * metering::kHourMs;
constexpr std::size_t kMostFound = 100;
constexpr std::size_t kMostSearches = 10;

struct Found {
  SeriesList series;
  bool more = false;
};

std::string label_of(const metering::Series& series) {
  std::string out;
  for (const auto& [name, value] : series.dimensions) out += value + " ";
  return out + series.name;
}

Task<aws::ApiResult<Found>> run_search(Service& service, aws::RequestContext context,
                                       std::string expression, SearchCall call, Timestamp from,
                                       Timestamp to) {
  const auto search = Search::parse(call.text);
  if (!search) co_return Evaluation::wrong(expression, search.error().message);
  const auto statistic = Statistic::parse(call.statistic);
  if (!statistic || !is_period(call.period_s)) {
    co_return Evaluation::wrong(expression, "SEARCH takes a statistic and a period");
  }
  const std::int64_t since = context.now.ms - kSearchedMs;
  auto listing =
      service.metrics.list(context.account, context.region, search->space(), "", kMostFound,
                           [&search, since](const metering::Series& series, Timestamp seen) {
                             return seen.ms >= since && search->matches(series);
                           });
  KILN_API_TRY(const metering::SeriesPage page, "cloudwatch", co_await listing);
  Found out{.series = {}, .more = !page.next.empty()};
  for (const metering::Series& series : page.series) {
    TimeSeries found{
        .label = label_of(series),
        .period_ms = std::max(metering::kMinuteMs, call.period_s * std::int64_t{1'000})};
    auto reading = read_periods(service, series, call.period_s, from, to);
    const auto points = co_await reading;
    if (!points) co_return aws::fail(points.error());
    for (const metering::TimedPoint& timed : *points) {
      if (const auto value = statistic->of(timed.point)) {
        found.points.emplace(timed.start.ms, *value);
      }
    }
    out.series.push_back(std::move(found));
  }
  co_return out;
}

MetricDataResult to_result(const MetricDataQuery& query, const TimeSeries& series,
                           std::string label) {
  MetricDataResult out;
  out.id = query.id;
  out.label = std::move(label);
  out.status_code = "Complete";
  auto& timestamps = out.timestamps.emplace();
  auto& values = out.values.emplace();
  for (const auto& [at, value] : series.points) {
    if (!std::isfinite(value)) continue;  // a sum that overflowed
    timestamps.push_back({at});
    values.push_back(value);
  }
  return out;
}

// A list of series has a result each.
void add_results(const MetricDataQuery& query, const Value& value,
                 std::vector<MetricDataResult>& results) {
  if (const auto* series = std::get_if<TimeSeries>(&value)) {
    const std::string own = query.expression ? *query.id : series->label;
    results.push_back(to_result(query, *series, query.label.value_or(own)));
    return;
  }
  for (const TimeSeries& series : std::get<SeriesList>(value)) {
    const std::string label = query.label ? *query.label + " " + series.label : series.label;
    results.push_back(to_result(query, series, label));
  }
}

// Puts the newest first when asked, and takes the values in [skip, skip + room) of all results in
// their order. Answers how many there were.
std::size_t cut(std::vector<MetricDataResult>& results, bool newest_first, std::size_t skip,
                std::size_t room) {
  std::size_t seen = 0;
  for (MetricDataResult& result : results) {
    if (newest_first) {
      std::ranges::reverse(*result.timestamps);
      std::ranges::reverse(*result.values);
    }
    const std::size_t size = result.values->size();
    const std::size_t first = std::min(size, skip > seen ? skip - seen : 0);
    const std::size_t end = skip + room;
    const std::size_t last = std::clamp(end > seen ? end - seen : 0, first, size);
    if (last < size) result.status_code = "PartialData";
    const auto keep = [first, last](auto& list) {
      list.erase(list.begin() + static_cast<std::ptrdiff_t>(last), list.end());
      list.erase(list.begin(), list.begin() + static_cast<std::ptrdiff_t>(first));
    };
    keep(*result.timestamps);
    keep(*result.values);
    seen += size;
  }
  return seen;
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  if (auto good = check(input); !good) co_return aws::fail(std::move(good.error()));
  Evaluation evaluation(input);
  if (auto good = evaluation.parse(); !good) co_return aws::fail(std::move(good.error()));
  std::size_t skip = 0;
  if (input.next_token) {
    const std::string& token = *input.next_token;
    const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), skip);
    if (error != std::errc() || end != token.data() + token.size()) {
      co_return aws::fail(gen::cloudwatch::invalid_next_token("The NextToken is invalid."));
    }
  }
  auto flushing = service.metrics.flush(store::Durability::kBuffered);
  if (const Status flushed = co_await flushing; !flushed) {
    co_return aws::fail(aws::internal_failure("cloudwatch", flushed.error()));
  }
  for (const MetricDataQuery& query : *input.metric_data_queries) {
    const bool used = query.return_data.value_or(true) || evaluation.has_expressions();
    if (!query.metric_stat || !used) continue;
    auto reading = read_series(service, context, query, *input.start_time, *input.end_time);
    auto series = co_await reading;
    if (!series) co_return aws::fail(std::move(series.error()));
    evaluation.put(*query.id, std::move(*series));
  }
  Model::Output output;
  auto& messages = output.messages.emplace();
  const auto searches = evaluation.searches();
  if (searches.size() > kMostSearches) co_return invalid("A request may have 10 SEARCH functions.");
  for (const auto& [id, call] : searches) {
    auto searching = run_search(service, context, id, call, *input.start_time, *input.end_time);
    auto found = co_await searching;
    if (!found) co_return aws::fail(std::move(found.error()));
    if (found->more) {
      messages.push_back({.code = "MaxMetricsExceeded",
                          .value = "The search '" + call.text + "' found more than 100 metrics."});
    }
    evaluation.put(call.id, std::move(found->series));
  }
  auto& results = output.metric_data_results.emplace();
  for (const MetricDataQuery& query : *input.metric_data_queries) {
    if (!query.return_data.value_or(true)) continue;
    const auto value = evaluation.value_of(query);
    if (!value) co_return aws::fail(value.error());
    add_results(query, *value, results);
  }
  const auto room = static_cast<std::size_t>(
      std::clamp(input.max_datapoints.value_or(kMaxPoints), std::int32_t{1}, kMaxPoints));
  const bool newest_first = input.scan_by.value_or("TimestampDescending") == "TimestampDescending";
  if (cut(results, newest_first, skip, room) > skip + room) {
    output.next_token = std::to_string(skip + room);
  }
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kGetMetricData{authorize, handle};

}  // namespace kiln::cloudwatch
