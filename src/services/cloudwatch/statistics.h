// SPDX-License-Identifier: Apache-2.0
#pragma once
// Statistics over periods: which points a period of a query has, and what a statistic makes of
// them. Pure.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html

#include "metering/metric_store.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace kiln::cloudwatch {

// "Average", "Sum", "SampleCount", "Minimum", "Maximum", "p0" to "p100", "IQM"; of the values in a
// range their mean, number and sum (tm90, tc90, ts90, TM(10%:90%), TC(5:), TS(:80)), the mean of
// all with the others moved to its ends (wm90, WM(2%:98%)), and its share of all values
// (PR(100:2000)).
class Statistic {
 public:
  // nullopt for a text that names none of these.
  static std::optional<Statistic> parse(std::string_view name);
  // nullopt when the points have no distribution for it.
  std::optional<double> of(const metering::Datapoint& point) const;

 private:
  enum class Kind : std::uint8_t {
    kAverage,
    kSum,
    kSamples,
    kMinimum,
    kMaximum,
    kPercentile,
    kTrimmedMean,
    kTrimmedCount,
    kTrimmedSum,
    kWinsorizedMean,
    kPercentileRank
  };
  // Values above `low` and up to `high`, or fractions of the values in order.
  struct Range {
    std::optional<double> low;
    std::optional<double> high;
    bool fractions = false;
  };
  static std::optional<Range> parse_range(std::string_view text);
  std::optional<double> of_range(const metering::Datapoint& point) const;

  Kind kind_ = Kind::kAverage;
  double fraction_ = 0;
  Range range_;
};

// 1, 5, 10, 30 or a multiple of 60 seconds.
bool is_period(std::int32_t seconds);

// What has to be read for periods of `period_s`, from `from` on: minutes are kept for 15 days, five
// minutes for 63. What is older than its period is kept for has no points, as in CloudWatch.
metering::Resolution resolution_for(std::int32_t period_s, Timestamp from, Timestamp now);

// Merges points into periods of `period_s` (at least the resolution's), aligned to the epoch.
std::vector<metering::TimedPoint> in_periods(const std::vector<metering::TimedPoint>& points,
                                             std::int64_t period_ms);

}  // namespace kiln::cloudwatch
