// SPDX-License-Identifier: Apache-2.0
#include "invoke/concurrency.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kiln::invoke {
namespace {

using ::testing::Contains;
using ::testing::Pair;

TEST(Concurrency, ThrottlesPastTheLimitWithAwsReason) {
  Metrics metrics;
  ConcurrencyLimiter limiter(2, metrics);
  auto first = limiter.acquire("111111111111", "us-east-1");
  auto second = limiter.acquire("111111111111", "us-east-1");
  ASSERT_TRUE(first && second);
  auto third = limiter.acquire("111111111111", "us-east-1");
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().code, "TooManyRequestsException");
  EXPECT_EQ(third.error().http_status, 429);
  EXPECT_EQ(third.error().message, "Rate Exceeded.");
  EXPECT_THAT(third.error().fields, Contains(Pair("Reason", "ConcurrentInvocationLimitExceeded")));
  EXPECT_THAT(third.error().headers, Contains(Pair("Retry-After", "1")));
  EXPECT_EQ(metrics.counter("kiln_invoke_throttled_total").value(), 1);
}

TEST(Concurrency, ALeaseGivesItsPlaceBack) {
  Metrics metrics;
  ConcurrencyLimiter limiter(1, metrics);
  {
    auto lease = limiter.acquire("111111111111", "us-east-1");
    ASSERT_TRUE(lease);
    ConcurrencyLimiter::Lease moved = std::move(*lease);
    EXPECT_EQ(limiter.in_use("111111111111", "us-east-1"), 1);
  }
  EXPECT_EQ(limiter.in_use("111111111111", "us-east-1"), 0);
  EXPECT_TRUE(limiter.acquire("111111111111", "us-east-1"));
}

TEST(Concurrency, AccountsAndRegionsDoNotShareALimit) {
  Metrics metrics;
  ConcurrencyLimiter limiter(1, metrics);
  auto a = limiter.acquire("111111111111", "us-east-1");
  auto b = limiter.acquire("222222222222", "us-east-1");
  auto c = limiter.acquire("111111111111", "eu-west-1");
  EXPECT_TRUE(a && b && c);
}

}  // namespace
}  // namespace kiln::invoke
