// SPDX-License-Identifier: Apache-2.0
#pragma once
// Datapoint is what was measured of one series in one period: count, sum, extremes, and a
// distribution that percentiles are read from. Pure.
//
// The distribution has buckets 2 % wide, so a percentile is off by 1 % at most; 0 is exact. Values
// that came as a statistic set have no distribution, and no percentiles (as in CloudWatch).

#include "base/result.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kiln::metering {

struct Datapoint {
  double count = 0;
  double sum = 0;
  double minimum = 0;  // meaningless while count is 0
  double maximum = 0;
  std::string unit;                        // "Count"; of the last value
  std::map<std::int32_t, double> buckets;  // bucket -> how many values; at most kMaxBuckets
  bool has_distribution = true;

  static constexpr std::size_t kMaxBuckets = 2'000;

  void add(double value, double times = 1);
  void add_statistics(double samples, double total, double smallest, double largest);
  void merge(const Datapoint& other);
  double average() const { return count > 0 ? sum / count : 0; }
  // `fraction` in [0, 1]. nullopt without a distribution.
  std::optional<double> percentile(double fraction) const;
  // The distribution's values in order, with how often each came; empty without one.
  struct Weighted {
    double value = 0;
    double times = 0;
  };
  std::vector<Weighted> distribution() const;
};

std::string encode(const Datapoint& point);
Result<Datapoint> decode_datapoint(std::string_view bytes);

}  // namespace kiln::metering
