// SPDX-License-Identifier: Apache-2.0
#include "invoke/rate_limiter.h"

#include <algorithm>

namespace kiln::invoke {

bool RateLimiter::take(const std::string& key, std::int64_t per_second, std::int64_t burst,
                       Monotonic now) {
  const std::int64_t token_ns = 1'000'000'000 / per_second;
  auto found = full_at_.find(key);
  if (found == full_at_.end()) {
    if (full_at_.size() >= max_keys_) {
      std::erase_if(full_at_, [now](const auto& item) { return item.second <= now; });
    }
    found = full_at_.emplace(key, now).first;
  }
  const std::int64_t full_ns = std::max(found->second.ns, now.ns) + token_ns;
  if (full_ns - now.ns > burst * token_ns) return false;
  found->second.ns = full_ns;
  return true;
}

}  // namespace kiln::invoke
