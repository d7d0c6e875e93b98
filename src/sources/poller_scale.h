// SPDX-License-Identifier: Apache-2.0
#pragma once
// PollerScale is how many batches of a mapping may be with its function at once.
//
// A standard queue begins with 5 and gains 300 a minute while every place is taken, up to 1,000 or
// MaximumConcurrency; provisioned pollers carry 10 each and grow three times as fast. A minute with
// half of the places idle gives the gain back.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
// Pure but for the time it is told.

#include "base/time.h"
#include "sources/mapping.h"

#include <cstdint>

namespace kiln::sources {

class PollerScale {
 public:
  PollerScale(const Mapping& mapping, Monotonic now);
  // Another batch may start beside `in_flight`. Asked when one waits to.
  bool admits(int in_flight, Monotonic now);
  // Told when nothing waits.
  void idle(int in_flight, Monotonic now);
  int limit() const { return limit_; }

 private:
  int first_;
  int maximum_;
  int gain_per_s_;
  int limit_;
  Monotonic saturated_since_{};  // zero: not saturated
  Monotonic idle_since_{};       // zero: not idle
};

}  // namespace kiln::sources
