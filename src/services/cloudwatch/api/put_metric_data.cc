// SPDX-License-Identifier: Apache-2.0
// PutMetricData: values of custom metrics, on disk when acknowledged. Values of a second's
// resolution are kept by the minute.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html
#include "gen/cloudwatch/put_metric_data.h"

#include "services/cloudwatch/api/common.h"
#include "services/cloudwatch/api/operations.h"

#include <cmath>
#include <utility>

namespace kiln::cloudwatch {
namespace {

using Model = gen::cloudwatch::PutMetricData;
using gen::cloudwatch::MetricDatum;

constexpr std::size_t kMaxMetrics = 1'000;
constexpr std::size_t kMaxValues = 150;
constexpr std::int64_t kOldestMs = 14 * 24 * metering::kHourMs;
constexpr std::int64_t kNewestMs = 2 * metering::kHourMs;

aws::Authorization authorize(const aws::RequestContext&, const Model::Input& input) {
  return {
      "cloudwatch:PutMetricData", "*", {{"cloudwatch:namespace", {input.namespace_.value_or("")}}}};
}

std::unexpected<aws::ApiError> invalid(std::string message) {
  return aws::fail(gen::cloudwatch::invalid_parameter_value_exception(std::move(message)));
}

std::unexpected<aws::ApiError> clash(std::string message) {
  return aws::fail(gen::cloudwatch::invalid_parameter_combination_exception(std::move(message)));
}

aws::ApiResult<void> add_values(const MetricDatum& datum, metering::Datapoint& point) {
  const std::vector<double>& values = *datum.values;
  if (values.size() > kMaxValues) return invalid("The collection Values may have 150 members.");
  if (datum.counts && datum.counts->size() != values.size()) {
    return invalid("The parameters Values and Counts must have the same number of members.");
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double times = datum.counts ? (*datum.counts)[i] : 1;
    if (!std::isfinite(values[i]) || !(times > 0) || !std::isfinite(times)) {
      return invalid("The values of the metric must be numbers, and counts more than zero.");
    }
    point.add(values[i], times);
  }
  return {};
}

aws::ApiResult<metering::Datapoint> to_point(const MetricDatum& datum) {
  metering::Datapoint point;
  point.unit = datum.unit.value_or("None");
  const int forms =
      (datum.value ? 1 : 0) + (datum.statistic_values ? 1 : 0) + (datum.values ? 1 : 0);
  if (forms == 0) {
    return aws::fail(gen::cloudwatch::missing_required_parameter_exception(
        "The parameter MetricData.member.1.Value or MetricData.member.1.StatisticValues must be "
        "specified."));
  }
  if (forms > 1) {
    return clash(
        "The parameters MetricData.member.1.Value and MetricData.member.1.StatisticValues are "
        "mutually exclusive and you have specified both.");
  }
  if (datum.value) {
    if (!std::isfinite(*datum.value)) return invalid("The value of the metric must be a number.");
    point.add(*datum.value);
  } else if (datum.values) {
    if (auto good = add_values(datum, point); !good) return aws::fail(std::move(good.error()));
  } else {
    const auto& set = *datum.statistic_values;
    if (!(*set.sample_count > 0) || !std::isfinite(*set.sum) || *set.minimum > *set.maximum) {
      return invalid("The statistic values of the metric do not fit together.");
    }
    point.has_distribution = *set.minimum == *set.maximum;
    if (point.has_distribution) {
      point.add(*set.minimum, *set.sample_count);
    } else {
      point.add_statistics(*set.sample_count, *set.sum, *set.minimum, *set.maximum);
    }
  }
  return point;
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  std::vector<MetricDatum> data = std::move(input.metric_data).value_or(std::vector<MetricDatum>());
  if (input.entity_metric_data) {
    for (auto& entity : *input.entity_metric_data) {
      if (!entity.metric_data) continue;
      for (auto& datum : *entity.metric_data) data.push_back(std::move(datum));
    }
  }
  if (data.empty()) {
    co_return aws::fail(gen::cloudwatch::missing_required_parameter_exception(
        "The parameter MetricData is required."));
  }
  if (data.size() > kMaxMetrics)
    co_return invalid("The collection MetricData may have 1000 members.");
  if (input.namespace_->starts_with("AWS/")) {
    co_return invalid("The value AWS/ for parameter Namespace is invalid.");
  }
  struct Put {
    metering::Series series;
    Timestamp at;
    metering::Datapoint point;
  };
  std::vector<Put> puts;
  for (const MetricDatum& datum : data) {
    auto dimensions = to_dimensions(datum.dimensions);
    if (!dimensions) co_return aws::fail(std::move(dimensions.error()));
    auto point = to_point(datum);
    if (!point) co_return aws::fail(std::move(point.error()));
    const Timestamp at = datum.timestamp.value_or(context.now);
    if (at.ms < context.now.ms - kOldestMs || at.ms > context.now.ms + kNewestMs) {
      co_return invalid(
          "The parameter MetricData.member.1.Timestamp must be within the last two "
          "weeks and not more than two hours from now.");
    }
    puts.push_back({{context.account, context.region, *input.namespace_, *datum.metric_name,
                     std::move(*dimensions)},
                    at,
                    std::move(*point)});
  }
  for (const Put& put : puts) service.metrics.add(put.series, put.at, put.point);
  auto flushing = service.metrics.flush(store::Durability::kOnDisk);
  if (const Status flushed = co_await flushing; !flushed) {
    co_return aws::fail(aws::internal_failure("cloudwatch", flushed.error()));
  }
  co_return Model::Output{};
}

}  // namespace

const aws::Operation<Model, Service> kPutMetricData{authorize, handle};

}  // namespace kiln::cloudwatch
