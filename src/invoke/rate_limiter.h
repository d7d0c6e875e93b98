// SPDX-License-Identifier: Apache-2.0
#pragma once
// RateLimiter holds token buckets by key: each refills continuously and never holds more than its
// burst.
//
// Bound: past `max_keys`, full buckets are dropped (they say nothing). Threads: one loop.

#include "base/time.h"

#include <cstddef>
#include <string>
#include <unordered_map>

namespace kiln::invoke {

class RateLimiter {
 public:
  explicit RateLimiter(std::size_t max_keys = 4096) : max_keys_(max_keys) {}

  // Takes one token. A new key begins with a full bucket.
  bool take(const std::string& key, double tokens_per_second, double burst, Monotonic now);
  std::size_t size() const { return buckets_.size(); }

 private:
  struct Bucket {
    double tokens = 0;
    Monotonic refilled{};
    Monotonic full_at{};
  };
  const std::size_t max_keys_;
  std::unordered_map<std::string, Bucket> buckets_;
};

}  // namespace kiln::invoke
