// SPDX-License-Identifier: Apache-2.0
#pragma once
// AsyncObserver is told what happens to asynchronous events: the AWS/Lambda metrics
// AsyncEventsReceived, AsyncEventAge, AsyncEventsDropped, DeadLetterErrors and
// DestinationDeliveryFailures are made from it. Calls return at once. Threads: one loop.
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html

#include "lambda/keys.h"

#include <cstdint>
#include <string>

namespace kiln::invoke {

struct AsyncResource {
  lambda::FunctionKey function;
  std::string qualifier;  // as invoked; empty for none
};

class AsyncObserver {
 public:
  virtual ~AsyncObserver() = default;
  virtual void received(const AsyncResource&) {}
  // Between acceptance and an attempt to run it.
  virtual void age(const AsyncResource&, std::int64_t /*age_ms*/) {}
  // Given up without having run successfully.
  virtual void dropped(const AsyncResource&) {}
  virtual void dead_letter_failed(const AsyncResource&) {}
  virtual void destination_failed(const AsyncResource&) {}
};

}  // namespace kiln::invoke
