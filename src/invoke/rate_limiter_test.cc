// SPDX-License-Identifier: Apache-2.0
#include "invoke/rate_limiter.h"

#include <gtest/gtest.h>

namespace kiln::invoke {
namespace {

constexpr Monotonic at_ms(std::int64_t ms) { return Monotonic{ms * 1'000'000}; }

TEST(RateLimiter, GivesTheBurstAtOnceAndThenTheRate) {
  RateLimiter limiter;
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(limiter.take("f", 100, 10, at_ms(0)));
  EXPECT_FALSE(limiter.take("f", 100, 10, at_ms(0)));
  EXPECT_FALSE(limiter.take("f", 100, 10, at_ms(9)));
  EXPECT_TRUE(limiter.take("f", 100, 10, at_ms(10)));
  EXPECT_FALSE(limiter.take("f", 100, 10, at_ms(10)));
}

TEST(RateLimiter, NeverSavesMoreThanTheBurst) {
  RateLimiter limiter;
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(limiter.take("f", 1, 2, at_ms(0)));
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(limiter.take("f", 1, 2, at_ms(3'600'000)));
  EXPECT_FALSE(limiter.take("f", 1, 2, at_ms(3'600'000)));
}

TEST(RateLimiter, KeysDoNotShareABucket) {
  RateLimiter limiter;
  EXPECT_TRUE(limiter.take("a", 1, 1, at_ms(0)));
  EXPECT_FALSE(limiter.take("a", 1, 1, at_ms(0)));
  EXPECT_TRUE(limiter.take("b", 1, 1, at_ms(0)));
}

TEST(RateLimiter, ForgetsFullBucketsPastItsBound) {
  RateLimiter limiter(2);
  limiter.take("a", 1, 1, at_ms(0));
  limiter.take("b", 1, 1, at_ms(0));
  limiter.take("c", 1, 1, at_ms(2'000));
  EXPECT_EQ(limiter.size(), 1u);
}

}  // namespace
}  // namespace kiln::invoke
