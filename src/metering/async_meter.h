// SPDX-License-Identifier: Apache-2.0
#pragma once
// AsyncMeter makes metrics of AWS/Lambda from what happens to asynchronous events.

#include "invoke/async_observer.h"
#include "metering/lambda_meter.h"

namespace kiln::metering {

class AsyncMeter final : public invoke::AsyncObserver {
 public:
  explicit AsyncMeter(LambdaMeter& meter) : meter_(meter) {}
  void received(const invoke::AsyncResource& of) override {
    count(of, "AsyncEventsReceived", 1, "Count");
  }
  void age(const invoke::AsyncResource& of, std::int64_t age_ms) override {
    count(of, "AsyncEventAge", static_cast<double>(age_ms), "Milliseconds");
  }
  void dropped(const invoke::AsyncResource& of) override {
    count(of, "AsyncEventsDropped", 1, "Count");
  }
  void dead_letter_failed(const invoke::AsyncResource& of) override {
    count(of, "DeadLetterErrors", 1, "Count");
  }
  void destination_failed(const invoke::AsyncResource& of) override {
    count(of, "DestinationDeliveryFailures", 1, "Count");
  }

 private:
  void count(const invoke::AsyncResource& of, const char* metric, double value, const char* unit) {
    meter_.count(of.function, of.qualifier, metric, value, unit);
  }
  LambdaMeter& meter_;
};

}  // namespace kiln::metering
