// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the operations of CloudWatch work on, and their registration.

#include "async/clock.h"
#include "metering/metric_store.h"

namespace kiln::aws {
class Registry;
}

namespace kiln::cloudwatch {

struct Service {
  metering::MetricStore& metrics;
  Clock& clock;
};

// `service` outlives the registry.
void register_operations(aws::Registry& registry, Service& service);

}  // namespace kiln::cloudwatch
