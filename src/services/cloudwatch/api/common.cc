// SPDX-License-Identifier: Apache-2.0
#include "services/cloudwatch/api/common.h"

#include "services/cloudwatch/statistics.h"

#include <algorithm>
#include <utility>

namespace kiln::cloudwatch {

aws::ApiResult<metering::Dimensions> to_dimensions(
    const std::optional<std::vector<gen::cloudwatch::Dimension>>& dimensions) {
  metering::Dimensions out;
  if (!dimensions) return out;
  for (const auto& dimension : *dimensions) {
    if (!out.emplace(*dimension.name, *dimension.value).second) {
      return aws::fail(gen::cloudwatch::invalid_parameter_value_exception(
          "No Metric may specify the same dimension name twice."));
    }
  }
  return out;
}

Task<aws::ApiResult<std::vector<metering::TimedPoint>>> read_periods(Service& service,
                                                                     metering::Series series,
                                                                     std::int32_t period_s,
                                                                     Timestamp from, Timestamp to) {
  const auto resolution = resolution_for(period_s, from, service.clock.wall());
  const std::int64_t period_ms = std::max(metering::kMinuteMs, period_s * std::int64_t{1'000});
  // Of a period that began before, all is counted: CloudWatch rounds the start down.
  const Timestamp first{from.ms / period_ms * period_ms};
  constexpr std::size_t kMostPoints = 100'800;
  auto reading = service.metrics.read(std::move(series), resolution, first, to, kMostPoints);
  KILN_API_TRY(const auto points, "cloudwatch", co_await reading);
  co_return in_periods(points, period_ms);
}

}  // namespace kiln::cloudwatch
