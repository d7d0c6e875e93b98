// SPDX-License-Identifier: Apache-2.0
#include "services/cloudwatch/api/operations.h"

#include "gen/cloudwatch/get_metric_data.h"
#include "gen/cloudwatch/get_metric_statistics.h"
#include "gen/cloudwatch/list_metrics.h"
#include "gen/cloudwatch/put_metric_data.h"
#include "services/cloudwatch/service.h"

namespace kiln::cloudwatch {

void register_operations(aws::Registry& registry, Service& service) {
  registry.add(service, kGetMetricData);
  registry.add(service, kGetMetricStatistics);
  registry.add(service, kListMetrics);
  registry.add(service, kPutMetricData);
}

}  // namespace kiln::cloudwatch
