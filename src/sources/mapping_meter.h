// SPDX-License-Identifier: Apache-2.0
#pragma once
// MappingMeter counts the events of one mapping, as the metrics of AWS/Lambda by
// EventSourceMappingUUID, when its MetricsConfig asks for EventCount.
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
//
// DroppedEventCount and OnFailureDestinationDeliveredEventCount are of streams; queues have none.
// Bounds are those of MetricStore. Threads: one loop.

#include "async/clock.h"
#include "metering/metric_store.h"
#include "sources/mapping.h"

#include <cstddef>
#include <string>

namespace kiln::sources {

class MappingMeter {
 public:
  // `store` null: nothing is counted. All outlive *this.
  MappingMeter(const Mapping& mapping, metering::MetricStore* store, Clock& clock)
      : mapping_(mapping), store_(mapping.counts_events ? store : nullptr), clock_(clock) {}

  void polled(std::size_t events) { add("PolledEventCount", events); }
  void filtered_out(std::size_t events) { add("FilteredOutEventCount", events); }
  // Every attempt counts.
  void invoked(std::size_t events) { add("InvokedEventCount", events); }
  // The function failed, reported them as failed, or could not be invoked.
  void failed(std::size_t events) { add("FailedInvokeEventCount", events); }
  void deleted(std::size_t events) { add("DeletedEventCount", events); }

 private:
  void add(const char* metric, std::size_t events) {
    if (!store_ || events == 0) return;
    metering::Datapoint point;
    point.unit = "Count";
    point.add(static_cast<double>(events));
    store_->add({mapping_.account,
                 mapping_.region,
                 "AWS/Lambda",
                 metric,
                 {{"EventSourceMappingUUID", mapping_.uuid}}},
                clock_.wall(), point);
  }

  const Mapping& mapping_;
  metering::MetricStore* store_;
  Clock& clock_;
};

}  // namespace kiln::sources
