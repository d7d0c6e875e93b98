// SPDX-License-Identifier: Apache-2.0
#include "sources/poller_scale.h"

#include <algorithm>

namespace kiln::sources {
namespace {

constexpr int kFirst = 5;
constexpr int kMaximum = 1'000;
constexpr int kGainPerSecond = 5;
constexpr int kBatchesOfPoller = 10;
constexpr std::int64_t kIdleMs = 60'000;

std::int64_t ms_between(Monotonic from, Monotonic to) { return (to.ns - from.ns) / 1'000'000; }

}  // namespace

PollerScale::PollerScale(const Mapping& mapping, Monotonic now)
    : first_(kFirst),
      maximum_(mapping.maximum_concurrency.value_or(kMaximum)),
      gain_per_s_(kGainPerSecond) {
  if (mapping.pollers) {
    first_ = mapping.pollers->minimum * kBatchesOfPoller;
    maximum_ = mapping.pollers->maximum * kBatchesOfPoller;
    gain_per_s_ = 3 * kGainPerSecond;
  }
  first_ = std::min(first_, maximum_);
  limit_ = first_;
}

bool PollerScale::admits(int in_flight, Monotonic now) {
  idle_since_ = {};
  if (in_flight < limit_) {
    saturated_since_ = {};
    return true;
  }
  if (saturated_since_.ns == 0) saturated_since_ = now;
  const std::int64_t waited_ms = ms_between(saturated_since_, now);
  const auto gain = static_cast<int>(waited_ms * gain_per_s_ / 1'000);
  if (gain == 0 || limit_ >= maximum_) return false;
  limit_ = std::min(maximum_, limit_ + gain);
  saturated_since_ = now;
  return in_flight < limit_;
}

void PollerScale::idle(int in_flight, Monotonic now) {
  saturated_since_ = {};
  if (limit_ == first_ || in_flight * 2 > limit_) {
    idle_since_ = {};
    return;
  }
  if (idle_since_.ns == 0) idle_since_ = now;
  if (ms_between(idle_since_, now) < kIdleMs) return;
  limit_ = std::max(first_, limit_ / 2);
  idle_since_ = now;
}

}  // namespace kiln::sources
