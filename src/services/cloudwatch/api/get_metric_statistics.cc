// SPDX-License-Identifier: Apache-2.0
// GetMetricStatistics: statistics of one series by period.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html
#include "gen/cloudwatch/get_metric_statistics.h"

#include "services/cloudwatch/api/common.h"
#include "services/cloudwatch/api/operations.h"
#include "services/cloudwatch/statistics.h"

#include <utility>

namespace kiln::cloudwatch {
namespace {

using Model = gen::cloudwatch::GetMetricStatistics;

constexpr std::int64_t kMaxPoints = 1'440;

aws::Authorization authorize(const aws::RequestContext&, const Model::Input&) {
  return {"cloudwatch:GetMetricStatistics", "*"};
}

std::unexpected<aws::ApiError> invalid(std::string message) {
  return aws::fail(gen::cloudwatch::invalid_parameter_value_exception(std::move(message)));
}

aws::ApiResult<void> check(const Model::Input& input) {
  if (!input.statistics && !input.extended_statistics) {
    return aws::fail(gen::cloudwatch::missing_required_parameter_exception(
        "At least one of the parameters Statistics and ExtendedStatistics must be specified."));
  }
  if (input.start_time->ms >= input.end_time->ms) {
    return invalid("The parameter StartTime must be less than the parameter EndTime.");
  }
  if (!is_period(*input.period)) {
    return invalid("The value " + std::to_string(*input.period) +
                   " for parameter Period is invalid.");
  }
  const std::int64_t span = input.end_time->ms - input.start_time->ms;
  const std::int64_t points = span / (*input.period * std::int64_t{1'000});
  if (points > kMaxPoints) {
    return aws::fail(gen::cloudwatch::invalid_parameter_combination_exception(
        "You have requested up to " + std::to_string(points) +
        " datapoints, which exceeds the limit of 1440. You may reduce the datapoints requested by "
        "increasing Period, or decreasing the time range."));
  }
  if (input.extended_statistics) {
    for (const std::string& name : *input.extended_statistics) {
      if (!Statistic::parse(name)) {
        return invalid("The value " + name + " for parameter ExtendedStatistics is not supported.");
      }
    }
  }
  return {};
}

gen::cloudwatch::Datapoint to_datapoint(const Model::Input& input,
                                        const metering::TimedPoint& timed) {
  gen::cloudwatch::Datapoint out;
  out.timestamp = timed.start;
  out.unit = timed.point.unit;
  const auto set = [&](std::string_view name, std::optional<double>& value) {
    for (const std::string& wanted : input.statistics.value_or(std::vector<std::string>())) {
      if (wanted == name) value = Statistic::parse(name)->of(timed.point);
    }
  };
  set("Average", out.average);
  set("Sum", out.sum);
  set("SampleCount", out.sample_count);
  set("Minimum", out.minimum);
  set("Maximum", out.maximum);
  if (input.extended_statistics) {
    auto& extended = out.extended_statistics.emplace();
    for (const std::string& name : *input.extended_statistics) {
      if (const auto value = Statistic::parse(name)->of(timed.point)) extended[name] = *value;
    }
  }
  return out;
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  if (auto good = check(input); !good) co_return aws::fail(std::move(good.error()));
  auto dimensions = to_dimensions(input.dimensions);
  if (!dimensions) co_return aws::fail(std::move(dimensions.error()));
  auto flushing = service.metrics.flush(store::Durability::kBuffered);
  if (const Status flushed = co_await flushing; !flushed) {
    co_return aws::fail(aws::internal_failure("cloudwatch", flushed.error()));
  }
  auto reading = read_periods(service,
                              {context.account, context.region, *input.namespace_,
                               *input.metric_name, std::move(*dimensions)},
                              *input.period, *input.start_time, *input.end_time);
  const auto points = co_await reading;
  if (!points) co_return aws::fail(points.error());
  Model::Output output;
  output.label = input.metric_name;
  auto& datapoints = output.datapoints.emplace();
  for (const metering::TimedPoint& timed : *points) {
    if (!input.unit || *input.unit == timed.point.unit) {
      datapoints.push_back(to_datapoint(input, timed));
    }
  }
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kGetMetricStatistics{authorize, handle};

}  // namespace kiln::cloudwatch
