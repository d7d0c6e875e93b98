// SPDX-License-Identifier: Apache-2.0
#pragma once
// RateLimiter holds token buckets by key: each refills continuously and never holds more than its
// burst. Whole nanoseconds, so that no rounding gives or takes a token.
//
// Bound: past `max_keys`, full buckets are dropped (they say nothing). Threads: one loop.

#include "base/time.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>

namespace kiln::invoke {

class RateLimiter {
 public:
  explicit RateLimiter(std::size_t max_keys = 4096) : max_keys_(max_keys) {}

  // Takes one token. A new key begins with a full bucket of `burst`.
  bool take(const std::string& key, std::int64_t per_second, std::int64_t burst, Monotonic now);
  std::size_t size() const { return full_at_.size(); }

 private:
  const std::size_t max_keys_;
  // When each bucket will be full again: all there is to know of it.
  std::unordered_map<std::string, Monotonic> full_at_;
};

}  // namespace kiln::invoke
