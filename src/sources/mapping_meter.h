// SPDX-License-Identifier: Apache-2.0
#pragma once
// MappingMeter counts the events of one mapping, as the metrics of AWS/Lambda by
// EventSourceMappingUUID, when its MetricsConfig asks for EventCount.
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
//
// DroppedEventCount and OnFailureDestinationDeliveredEventCount are of streams; queues have none.
// Threads: one loop.

#include "metering/resource_meter.h"
#include "sources/mapping.h"

#include <cstddef>
#include <string_view>

namespace kiln::sources {

class MappingMeter {
 public:
  // `meter` null: nothing is counted. Both outlive *this.
  MappingMeter(const Mapping& mapping, metering::ResourceMeter* meter)
      : mapping_(mapping), meter_(mapping.counts_events ? meter : nullptr) {}

  void polled(std::size_t events) { add("PolledEventCount", events); }
  void filtered_out(std::size_t events) { add("FilteredOutEventCount", events); }
  // Every attempt counts.
  void invoked(std::size_t events) { add("InvokedEventCount", events); }
  // The function failed, reported them as failed, or could not be invoked.
  void failed(std::size_t events) { add("FailedInvokeEventCount", events); }
  void deleted(std::size_t events) { add("DeletedEventCount", events); }

 private:
  void add(std::string_view metric, std::size_t events) {
    if (!meter_ || events == 0) return;
    meter_->count({mapping_.account, mapping_.region, mapping_.uuid}, metric,
                  static_cast<double>(events));
  }

  const Mapping& mapping_;
  metering::ResourceMeter* meter_;
};

}  // namespace kiln::sources
