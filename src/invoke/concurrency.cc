// SPDX-License-Identifier: Apache-2.0
#include "invoke/concurrency.h"

namespace kiln::invoke {
namespace {

constexpr std::size_t kMaxIdleCounters = 16'384;
// No names of functions.
constexpr std::string_view kUnreserved = "";
constexpr std::string_view kWhole = "*";

}  // namespace

aws::ApiError throttled(std::string_view reason) {
  aws::ApiError error{"TooManyRequestsException", 429, "Rate Exceeded."};
  error.fields = {{"Reason", std::string(reason)}, {"Type", "User"}};
  error.headers = {{"Retry-After", "1"}};
  return error;
}

std::size_t ConcurrencyLimiter::Hash::operator()(KeyView key) const {
  const std::hash<std::string_view> hash;
  return (hash(key.account) * 31 + hash(key.region)) * 31 + hash(key.name);
}

ConcurrencyLimiter::ConcurrencyLimiter(Clock& clock, Metrics& metrics)
    : clock_(clock), throttled_(metrics.counter("kiln_invoke_throttled_total")) {}

int& ConcurrencyLimiter::counter(KeyView key) {
  const auto found = in_use_.find(key);
  if (found != in_use_.end()) return found->second;
  return in_use_
      .emplace(Key{std::string(key.account), std::string(key.region), std::string(key.name)}, 0)
      .first->second;
}

aws::ApiError ConcurrencyLimiter::refuse(std::string_view reason) {
  throttled_.add();
  return throttled(reason);
}

aws::ApiResult<ConcurrencyLimiter::Lease> ConcurrencyLimiter::acquire(
    const lambda::FunctionVersion& function, const lambda::ConcurrencyLimits& limits,
    bool provisioned) {
  if (in_use_.size() >= kMaxIdleCounters)
    std::erase_if(in_use_, [](const auto& entry) { return entry.second == 0; });
  int& account = counter({function.account, function.region, kUnreserved});
  int& whole = counter({function.account, function.region, kWhole});
  int& running = counter({function.account, function.region, function.name});
  int* version = nullptr;
  if (limits.of_version) {
    version = &counter({function.account, function.region, function.name + ":" + function.version});
    if (*version >= *limits.of_version)
      return aws::fail(refuse("ConcurrentInvocationLimitExceeded"));
  }
  if (limits.reserved) {
    if (running >= *limits.reserved)
      return aws::fail(refuse("ReservedFunctionConcurrentInvocationLimitExceeded"));
    const std::int64_t rate = std::int64_t{*limits.reserved} * kRequestsPerSecondOfOnePlace;
    const std::string key = function.account + "/" + function.region + "/" + function.name;
    if (!rates_.take(key, rate, rate, clock_.monotonic()))
      return aws::fail(refuse("ReservedFunctionInvocationRateLimitExceeded"));
    return Lease(&running, nullptr, &whole, version);
  }
  if (provisioned) return Lease(&running, nullptr, &whole, version);
  if (account >= limits.unreserved) return aws::fail(refuse("ConcurrentInvocationLimitExceeded"));
  return Lease(&running, &account, &whole, version);
}

int ConcurrencyLimiter::in_use(std::string_view account, std::string_view region,
                               std::string_view name) const {
  const auto found = in_use_.find(KeyView{account, region, name});
  return found == in_use_.end() ? 0 : found->second;
}

}  // namespace kiln::invoke
