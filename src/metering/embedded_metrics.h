// SPDX-License-Identifier: Apache-2.0
#pragma once
// Metrics that functions write into their logs as JSON (CloudWatch's embedded metric format).
// Pure.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html

#include "metering/metric_store.h"

#include <string_view>
#include <vector>

namespace kiln::metering {

struct EmbeddedMetric {
  Series series;  // without account and region
  Timestamp at;
  Datapoint point;
};

// Empty for a line that is none, or that the format does not allow. At most kMaxEmbedded.
inline constexpr std::size_t kMaxEmbedded = 3'000;
std::vector<EmbeddedMetric> embedded_metrics(std::string_view line);

}  // namespace kiln::metering
