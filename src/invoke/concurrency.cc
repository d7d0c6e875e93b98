// SPDX-License-Identifier: Apache-2.0
#include "invoke/concurrency.h"

namespace kiln::invoke {
namespace {
constexpr std::size_t kMaxIdleAccounts = 4096;
}

aws::ApiError throttled(std::string_view reason) {
  aws::ApiError error{"TooManyRequestsException", 429, "Rate Exceeded."};
  error.fields = {{"Reason", std::string(reason)}, {"Type", "User"}};
  error.headers = {{"Retry-After", "1"}};
  return error;
}

ConcurrencyLimiter::ConcurrencyLimiter(int per_account, Metrics& metrics)
    : per_account_(per_account), throttled_(metrics.counter("kiln_invoke_throttled_total")) {}

aws::ApiResult<ConcurrencyLimiter::Lease> ConcurrencyLimiter::acquire(std::string_view account,
                                                                      std::string_view region) {
  auto it = in_use_.find(KeyView{account, region});
  if (it == in_use_.end()) {
    if (in_use_.size() >= kMaxIdleAccounts)
      std::erase_if(in_use_, [](const auto& entry) { return entry.second == 0; });
    it = in_use_.emplace(Key{std::string(account), std::string(region)}, 0).first;
  }
  if (it->second >= per_account_) {
    throttled_.add();
    return aws::fail(throttled("ConcurrentInvocationLimitExceeded"));
  }
  ++it->second;
  return Lease(&it->second);
}

int ConcurrencyLimiter::in_use(std::string_view account, std::string_view region) const {
  const auto it = in_use_.find(KeyView{account, region});
  return it == in_use_.end() ? 0 : it->second;
}

}  // namespace kiln::invoke
