// SPDX-License-Identifier: Apache-2.0
#include "invoke/rate_limiter.h"

#include <algorithm>

namespace kiln::invoke {

bool RateLimiter::take(const std::string& key, double tokens_per_second, double burst,
                       Monotonic now) {
  auto found = buckets_.find(key);
  if (found == buckets_.end()) {
    if (buckets_.size() >= max_keys_) {
      std::erase_if(buckets_, [now](const auto& item) { return item.second.full_at <= now; });
    }
    found = buckets_.emplace(key, Bucket{.tokens = burst, .refilled = now, .full_at = now}).first;
  }
  Bucket& bucket = found->second;
  const double seconds = static_cast<double>(now.ns - bucket.refilled.ns) / 1e9;
  bucket.tokens = std::min(burst, bucket.tokens + seconds * tokens_per_second);
  bucket.refilled = now;
  // Tenths of a token do not add up to a whole one exactly.
  const bool taken = bucket.tokens >= 1 - 1e-9;
  if (taken) bucket.tokens -= 1;
  const double missing_seconds = (burst - bucket.tokens) / tokens_per_second;
  bucket.full_at.ns = now.ns + static_cast<std::int64_t>(missing_seconds * 1e9);
  return taken;
}

}  // namespace kiln::invoke
