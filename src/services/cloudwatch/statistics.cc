// SPDX-License-Identifier: Apache-2.0
#include "services/cloudwatch/statistics.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace kiln::cloudwatch {

std::optional<Statistic> Statistic::parse(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, Kind>, 6> kNames = {
      {{"Average", Kind::kAverage},
       {"Sum", Kind::kSum},
       {"SampleCount", Kind::kSamples},
       {"Minimum", Kind::kMinimum},
       {"Maximum", Kind::kMaximum},
       {"IQM", Kind::kIqm}}};
  Statistic out;
  for (const auto& [known, kind] : kNames) {
    if (name == known) {
      out.kind_ = kind;
      return out;
    }
  }
  if (!name.starts_with('p') && !name.starts_with('P')) return std::nullopt;
  const std::string_view number = name.substr(1);
  double percent = -1;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), percent);
  if (error != std::errc() || end != number.data() + number.size() || percent < 0 ||
      percent > 100) {
    return std::nullopt;
  }
  out.kind_ = Kind::kPercentile;
  out.fraction_ = percent / 100;
  return out;
}

std::optional<double> Statistic::of(const metering::Datapoint& point) const {
  switch (kind_) {
    case Kind::kAverage:
      return point.average();
    case Kind::kSum:
      return point.sum;
    case Kind::kSamples:
      return point.count;
    case Kind::kMinimum:
      return point.minimum;
    case Kind::kMaximum:
      return point.maximum;
    case Kind::kPercentile:
      return point.percentile(fraction_);
    case Kind::kIqm:
      break;
  }
  // The mean of the middle half, read at 50 places of the distribution.
  constexpr int kPlaces = 50;
  double sum = 0;
  for (int i = 0; i < kPlaces; ++i) {
    const auto value = point.percentile(0.25 + (i + 0.5) / (2 * kPlaces));
    if (!value) return std::nullopt;
    sum += *value;
  }
  return sum / kPlaces;
}

bool is_period(std::int32_t seconds) {
  return seconds == 1 || seconds == 5 || seconds == 10 || seconds == 20 || seconds == 30 ||
         (seconds > 0 && seconds % 60 == 0);
}

metering::Resolution resolution_for(std::int32_t period_s, Timestamp from, Timestamp now) {
  const bool whole_hours = period_s % 3'600 == 0;
  const bool old = from.ms < now.ms - metering::kKeepMinutesMs;
  return whole_hours || old ? metering::Resolution::kHour : metering::Resolution::kMinute;
}

std::vector<metering::TimedPoint> in_periods(const std::vector<metering::TimedPoint>& points,
                                             std::int64_t period_ms) {
  std::vector<metering::TimedPoint> out;
  for (const metering::TimedPoint& timed : points) {
    const std::int64_t start = timed.start.ms / period_ms * period_ms;
    if (out.empty() || out.back().start.ms != start) out.push_back({{start}, {}});
    out.back().point.merge(timed.point);
  }
  return out;
}

}  // namespace kiln::cloudwatch
