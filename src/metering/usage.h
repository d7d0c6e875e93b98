// SPDX-License-Identifier: Apache-2.0
#pragma once
// Usage is what AWS would bill of one function on one day (UTC), exact to the millisecond, and what
// that costs by AWS's price list. Pure.
// https://aws.amazon.com/lambda/pricing/

#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kiln::metering {

struct Usage {
  std::int64_t requests = 0;
  std::int64_t billed_ms = 0;
  std::int64_t memory_mb_ms = 0;           // billed_ms x MemorySize
  std::int64_t init_ms = 0;                // part of billed_ms
  std::int64_t storage_mb_ms = 0;          // billed_ms x EphemeralStorage above 512 MB
  std::int64_t provisioned_mb_ms = 0;      // of environments kept ready, busy or not
  std::int64_t provisioned_run_mb_ms = 0;  // invocations in them; not in memory_mb_ms

  Usage& operator+=(const Usage& other);
  bool operator==(const Usage&) const = default;
};

std::string encode(const Usage& usage);
Result<Usage> decode_usage(std::string_view bytes);

struct CostLine {
  std::string what;     // "Requests"
  double quantity = 0;  // in `unit`
  std::string unit;     // "requests", "GB-s"
  double dollars = 0;
};

// Prices of us-east-1. `arm`: Graviton's. With the free tier: 1 million requests and 400,000 GB-s
// of each month are free; `usage` is then that of one month.
std::vector<CostLine> price(const Usage& usage, bool arm, bool free_tier);

}  // namespace kiln::metering
