// SPDX-License-Identifier: Apache-2.0
#pragma once
// MeteringLogSink passes functions' log events on and keeps the metrics that are embedded in them.
// Threads: one loop.

#include "invoke/log_sink.h"
#include "metering/embedded_metrics.h"

namespace kiln::metering {

class MeteringLogSink final : public invoke::LogSink {
 public:
  // References outlive *this.
  MeteringLogSink(invoke::LogSink& next, MetricStore& metrics) : next_(next), metrics_(metrics) {}

  void append(const invoke::LogStreamName& stream, std::vector<invoke::LogEvent> events) override {
    for (const invoke::LogEvent& event : events) {
      for (EmbeddedMetric& metric : embedded_metrics(event.message)) {
        metric.series.account = stream.account;
        metric.series.region = stream.region;
        metrics_.add(metric.series, metric.at, metric.point);
      }
    }
    next_.append(stream, std::move(events));
  }

 private:
  invoke::LogSink& next_;
  MetricStore& metrics_;
};

}  // namespace kiln::metering
