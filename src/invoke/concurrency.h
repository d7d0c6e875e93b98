// SPDX-License-Identifier: Apache-2.0
#pragma once
// ConcurrencyLimiter bounds how many invocations run at once: those of a function with a
// reservation by it, all others of an account and region by what the reservations leave. A version
// may have a bound of its own.
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
//
// A Lease is held for the whole invocation and gives its place back when it goes.
// Past a limit: 429 TooManyRequestsException with its Reason, kiln_invoke_throttled_total moves.
// A reservation also bounds the rate, to 10 requests a second for each of its places.
// Threads: one loop. The limiter outlives its leases.

#include "async/clock.h"
#include "aws/api_error.h"
#include "base/metrics.h"
#include "invoke/rate_limiter.h"
#include "lambda/function_directory.h"

#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace kiln::invoke {

inline constexpr int kRequestsPerSecondOfOnePlace = 10;

// 429 as Lambda says it; `reason` is one of its throttle reasons.
aws::ApiError throttled(std::string_view reason);

class ConcurrencyLimiter {
 public:
  class Lease {
   public:
    Lease() = default;
    Lease(Lease&& other) noexcept
        : function_(std::exchange(other.function_, nullptr)),
          account_(std::exchange(other.account_, nullptr)),
          whole_(std::exchange(other.whole_, nullptr)),
          version_(std::exchange(other.version_, nullptr)) {}
    Lease& operator=(Lease&& other) noexcept {
      if (this != &other) {
        release();
        function_ = std::exchange(other.function_, nullptr);
        account_ = std::exchange(other.account_, nullptr);
        whole_ = std::exchange(other.whole_, nullptr);
        version_ = std::exchange(other.version_, nullptr);
      }
      return *this;
    }
    ~Lease() { release(); }
    // How many run now, of the function and of its account and region. REQUIRES: it holds a place.
    int of_function() const { return *function_; }
    int of_account() const { return *whole_; }
    // Of those that share what reservations leave; -1: this one takes nothing from it.
    int of_unreserved() const { return account_ ? *account_ : -1; }

   private:
    friend class ConcurrencyLimiter;
    Lease(int* function, int* account, int* whole, int* version)
        : function_(function), account_(account), whole_(whole), version_(version) {
      for (int* counter : {function_, account_, whole_, version_}) {
        if (counter) ++*counter;
      }
    }
    void release() {
      if (int* function = std::exchange(function_, nullptr)) --*function;
      if (int* account = std::exchange(account_, nullptr)) --*account;
      if (int* whole = std::exchange(whole_, nullptr)) --*whole;
      if (int* version = std::exchange(version_, nullptr)) --*version;
    }
    int* function_ = nullptr;
    int* account_ = nullptr;  // null when the place is one of the function's own
    int* whole_ = nullptr;    // all of the account and region, with a reservation or not
    int* version_ = nullptr;  // null when the version has no bound of its own
  };

  ConcurrencyLimiter(Clock& clock, Metrics& metrics);

  // Errors: ReservedFunctionConcurrentInvocationLimitExceeded,
  // ReservedFunctionInvocationRateLimitExceeded, ConcurrentInvocationLimitExceeded.
  // `provisioned`: the invocation has an environment that was paid for beforehand, so it takes
  // nothing from what the account's functions share.
  aws::ApiResult<Lease> acquire(const lambda::FunctionVersion& function,
                                const lambda::ConcurrencyLimits& limits, bool provisioned = false);
  // Running invocations of all versions of the function.
  int in_use(std::string_view account, std::string_view region, std::string_view name) const;

 private:
  struct KeyView {
    // Of an account's counters the name is kUnreserved or kWhole, of a version's "name:version".
    std::string_view account, region, name;
    bool operator==(const KeyView&) const = default;
  };
  struct Key {
    std::string account, region, name;
    operator KeyView() const { return {account, region, name}; }
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(KeyView key) const;
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(KeyView a, KeyView b) const { return a == b; }
  };
  int& counter(KeyView key);
  aws::ApiError refuse(std::string_view reason);

  Clock& clock_;
  // Nodes do not move, so a lease points at its counters. Idle ones are dropped past a bound.
  std::unordered_map<Key, int, Hash, Equal> in_use_;
  RateLimiter rates_;
  Counter& throttled_;
};

}  // namespace kiln::invoke
