// SPDX-License-Identifier: Apache-2.0
#include "invoke/concurrency.h"

#include "async/fake_clock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kiln::invoke {
namespace {

using ::testing::Contains;
using ::testing::Pair;

lambda::FunctionVersion function_of(std::string account, std::string region, std::string name) {
  lambda::FunctionVersion out;
  out.account = std::move(account);
  out.region = std::move(region);
  out.name = std::move(name);
  return out;
}

std::string reason(const aws::ApiError& error) {
  for (const auto& [name, value] : error.fields) {
    if (name == "Reason") return value;
  }
  return "";
}

struct ConcurrencyTest : ::testing::Test {
  FakeClock clock;
  Metrics metrics;
  ConcurrencyLimiter limiter{clock, metrics};
  const lambda::FunctionVersion one = function_of("111111111111", "us-east-1", "one");
  const lambda::FunctionVersion two = function_of("111111111111", "us-east-1", "two");
};

TEST_F(ConcurrencyTest, FunctionsWithoutAReservationShareTheAccountsLimit) {
  auto first = limiter.acquire(one, {.reserved = {}, .unreserved = 2});
  auto second = limiter.acquire(two, {.reserved = {}, .unreserved = 2});
  ASSERT_TRUE(first && second);
  auto third = limiter.acquire(one, {.reserved = {}, .unreserved = 2});
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().code, "TooManyRequestsException");
  EXPECT_EQ(third.error().http_status, 429);
  EXPECT_EQ(third.error().message, "Rate Exceeded.");
  EXPECT_EQ(reason(third.error()), "ConcurrentInvocationLimitExceeded");
  EXPECT_THAT(third.error().headers, Contains(Pair("Retry-After", "1")));
  EXPECT_EQ(metrics.counter("kiln_invoke_throttled_total").value(), 1);
}

TEST_F(ConcurrencyTest, ALeaseGivesItsPlaceBack) {
  {
    auto lease = limiter.acquire(one, {.reserved = {}, .unreserved = 1});
    ASSERT_TRUE(lease);
    ConcurrencyLimiter::Lease moved = std::move(*lease);
    EXPECT_EQ(limiter.in_use("111111111111", "us-east-1", "one"), 1);
  }
  EXPECT_EQ(limiter.in_use("111111111111", "us-east-1", "one"), 0);
  EXPECT_TRUE(limiter.acquire(one, {.reserved = {}, .unreserved = 1}));
}

TEST_F(ConcurrencyTest, AccountsAndRegionsDoNotShareALimit) {
  const lambda::ConcurrencyLimits limits{.reserved = {}, .unreserved = 1};
  auto a = limiter.acquire(one, limits);
  auto b = limiter.acquire(function_of("222222222222", "us-east-1", "one"), limits);
  auto c = limiter.acquire(function_of("111111111111", "eu-west-1", "one"), limits);
  EXPECT_TRUE(a && b && c);
}

TEST_F(ConcurrencyTest, AReservationBoundsItsFunctionAndTakesNoPlaceOfOthers) {
  auto reserved = limiter.acquire(one, {.reserved = 1, .unreserved = 1});
  auto other = limiter.acquire(two, {.reserved = {}, .unreserved = 1});
  EXPECT_TRUE(reserved && other);
  auto refused = limiter.acquire(one, {.reserved = 1, .unreserved = 1});
  ASSERT_FALSE(refused);
  EXPECT_EQ(reason(refused.error()), "ReservedFunctionConcurrentInvocationLimitExceeded");
}

TEST_F(ConcurrencyTest, AReservationOfZeroSwitchesTheFunctionOff) {
  auto refused = limiter.acquire(one, {.reserved = 0, .unreserved = 1'000});
  ASSERT_FALSE(refused);
  EXPECT_EQ(reason(refused.error()), "ReservedFunctionConcurrentInvocationLimitExceeded");
}

TEST_F(ConcurrencyTest, InvocationsThatRunWhenAReservationIsMadeCountAgainstIt) {
  auto before = limiter.acquire(one, {.reserved = {}, .unreserved = 10});
  ASSERT_TRUE(before);
  EXPECT_FALSE(limiter.acquire(one, {.reserved = 1, .unreserved = 10}));
}

TEST_F(ConcurrencyTest, AReservationBoundsTheRateToTenASecondForEachPlace) {
  const lambda::ConcurrencyLimits limits{.reserved = 2, .unreserved = 10};
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(limiter.acquire(one, limits));
  auto refused = limiter.acquire(one, limits);
  ASSERT_FALSE(refused);
  EXPECT_EQ(reason(refused.error()), "ReservedFunctionInvocationRateLimitExceeded");
  clock.advance_ms(50);
  EXPECT_TRUE(limiter.acquire(one, limits));
}

TEST_F(ConcurrencyTest, AVersionMayHaveABoundOfItsOwn) {
  const lambda::ConcurrencyLimits limits{.reserved = {}, .of_version = 1, .unreserved = 5};
  lambda::FunctionVersion first = one;
  first.version = "1";
  auto running = limiter.acquire(first, limits, true);
  ASSERT_TRUE(running);
  const auto refused = limiter.acquire(first, limits);
  ASSERT_FALSE(refused);
  EXPECT_EQ(reason(refused.error()), "ConcurrentInvocationLimitExceeded");
  EXPECT_TRUE(limiter.acquire(one, {.reserved = {}, .unreserved = 5}));
  *running = ConcurrencyLimiter::Lease();
  EXPECT_TRUE(limiter.acquire(first, limits));
}

}  // namespace
}  // namespace kiln::invoke
