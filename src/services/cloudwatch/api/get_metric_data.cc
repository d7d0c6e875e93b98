// SPDX-License-Identifier: Apache-2.0
// GetMetricData: statistics of many series at once. Metric math and Metrics Insights are refused.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
#include "gen/cloudwatch/get_metric_data.h"

#include "services/cloudwatch/api/common.h"
#include "services/cloudwatch/api/operations.h"
#include "services/cloudwatch/statistics.h"

#include <algorithm>
#include <charconv>
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
    if (query.expression) {
      return invalid("Error in expression '" + id +
                     "': expressions are not supported by this build yet.");
    }
    if (!query.metric_stat) {
      return invalid("Either Expression or MetricStat must be specified: " + id);
    }
    if (!is_period(*query.metric_stat->period))
      return invalid("Period must be 1, 5, 10, 20, 30 or a multiple of 60: " + id);
    if (!Statistic::parse(*query.metric_stat->stat)) {
      return invalid("The value " + *query.metric_stat->stat +
                     " for parameter Stat is not supported.");
    }
  }
  return {};
}

Task<aws::ApiResult<MetricDataResult>> answer(Service& service, aws::RequestContext context,
                                              const MetricDataQuery& query, Timestamp from,
                                              Timestamp to) {
  const auto& stat = *query.metric_stat;
  auto dimensions = to_dimensions(stat.metric->dimensions);
  if (!dimensions) co_return aws::fail(std::move(dimensions.error()));
  MetricDataResult result;
  result.id = query.id;
  result.label = query.label.value_or(stat.metric->metric_name.value_or(""));
  result.status_code = "Complete";
  auto reading =
      read_periods(service,
                   {context.account, context.region, stat.metric->namespace_.value_or(""),
                    stat.metric->metric_name.value_or(""), std::move(*dimensions)},
                   *stat.period, from, to);
  const auto points = co_await reading;
  if (!points) co_return aws::fail(points.error());
  const auto statistic = Statistic::parse(*stat.stat);
  auto& timestamps = result.timestamps.emplace();
  auto& values = result.values.emplace();
  for (const metering::TimedPoint& timed : *points) {
    if (stat.unit && *stat.unit != timed.point.unit) continue;
    if (const auto value = statistic->of(timed.point)) {
      timestamps.push_back(timed.start);
      values.push_back(*value);
    }
  }
  co_return result;
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
  Model::Output output;
  auto& results = output.metric_data_results.emplace();
  for (const MetricDataQuery& query : *input.metric_data_queries) {
    if (!query.return_data.value_or(true)) continue;
    auto answering = answer(service, context, query, *input.start_time, *input.end_time);
    auto result = co_await answering;
    if (!result) co_return aws::fail(std::move(result.error()));
    results.push_back(std::move(*result));
  }
  const auto room = static_cast<std::size_t>(
      std::clamp(input.max_datapoints.value_or(kMaxPoints), std::int32_t{1}, kMaxPoints));
  const bool newest_first = input.scan_by.value_or("TimestampDescending") == "TimestampDescending";
  if (cut(results, newest_first, skip, room) > skip + room) {
    output.next_token = std::to_string(skip + room);
  }
  output.messages.emplace();
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kGetMetricData{authorize, handle};

}  // namespace kiln::cloudwatch
