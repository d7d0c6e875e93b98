// SPDX-License-Identifier: Apache-2.0
#pragma once
// ConcurrencyLimiter bounds how many invocations run at once, per account and region.
//
// A Lease is held for the whole invocation and gives its place back when it goes.
// Past the limit: 429 TooManyRequestsException, kiln_invoke_throttled_total moves.
// Threads: one loop. The limiter outlives its leases.

#include "aws/api_error.h"
#include "base/metrics.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace kiln::invoke {

inline constexpr int kAccountConcurrency = 1000;

// 429 as Lambda says it; `reason` is one of its throttle reasons.
aws::ApiError throttled(std::string_view reason);

class ConcurrencyLimiter {
 public:
  class Lease {
   public:
    Lease() = default;
    Lease(Lease&& other) noexcept : in_use_(std::exchange(other.in_use_, nullptr)) {}
    Lease& operator=(Lease&& other) noexcept {
      if (this != &other) {
        release();
        in_use_ = std::exchange(other.in_use_, nullptr);
      }
      return *this;
    }
    ~Lease() { release(); }

   private:
    friend class ConcurrencyLimiter;
    explicit Lease(int* in_use) : in_use_(in_use) {}
    void release() {
      if (int* in_use = std::exchange(in_use_, nullptr)) --*in_use;
    }
    int* in_use_ = nullptr;
  };

  ConcurrencyLimiter(int per_account, Metrics& metrics);

  aws::ApiResult<Lease> acquire(std::string_view account, std::string_view region);
  int in_use(std::string_view account, std::string_view region) const;

 private:
  struct KeyView {
    std::string_view account;
    std::string_view region;
  };
  struct Key {
    std::string account;
    std::string region;
    operator KeyView() const { return {account, region}; }
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(KeyView key) const {
      return std::hash<std::string_view>()(key.account) * 31 +
             std::hash<std::string_view>()(key.region);
    }
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(KeyView a, KeyView b) const {
      return a.account == b.account && a.region == b.region;
    }
  };

  int per_account_;
  // Nodes do not move, so a lease points at its counter. Idle ones are dropped past a bound.
  std::unordered_map<Key, int, Hash, Equal> in_use_;
  Counter& throttled_;
};

}  // namespace kiln::invoke
