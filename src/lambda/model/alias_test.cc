// SPDX-License-Identifier: Apache-2.0
#include "lambda/model/alias.h"

#include "base/random.h"

#include <gtest/gtest.h>

#include <limits>

namespace kiln::lambda {
namespace {

constexpr std::uint64_t kLargest = std::numeric_limits<std::uint64_t>::max();

TEST(PickVersion, FollowsTheShares) {
  Alias alias{.name = "live", .version = "1", .weights = {{"2", 0.25}}};
  EXPECT_EQ(pick_version(alias, 0), "2");
  EXPECT_EQ(pick_version(alias, kLargest / 4 - (1 << 11)), "2");
  EXPECT_EQ(pick_version(alias, kLargest / 4 + (1 << 11)), "1");
  EXPECT_EQ(pick_version(alias, kLargest), "1");
  alias.weights["2"] = 1.0;
  EXPECT_EQ(pick_version(alias, kLargest), "2");
  alias.weights["2"] = 0.0;
  EXPECT_EQ(pick_version(alias, 0), "1");
  alias.weights.clear();
  EXPECT_EQ(pick_version(alias, 0), "1");
}

TEST(PickVersion, CountsOfTenThousandAreAsTheShares) {
  const Alias alias{.name = "live", .version = "1", .weights = {{"2", 0.1}}};
  SeededRandom random(7);
  int second = 0;
  for (int i = 0; i < 10'000; ++i) second += pick_version(alias, random.next_u64()) == "2" ? 1 : 0;
  EXPECT_NEAR(second, 1'000, 120);  // four standard deviations
}

TEST(CheckWeights, NamesTheRuleThatIsBroken) {
  const auto refusal = [](const char* version, std::map<std::string, double> weights) {
    const auto checked = check_weights(version, weights);
    return checked ? std::string() : checked.error().message;
  };
  EXPECT_EQ(refusal("1", {}), "");
  EXPECT_EQ(refusal("1", {{"2", 0.5}}), "");
  EXPECT_EQ(refusal("1", {{"2", 0.5}, {"3", 0.1}}),
            "Number of items in AdditionalVersionWeights cannot be greater than 1");
  EXPECT_EQ(refusal("2", {{"2", 0.5}}),
            "Invalid function version 2. Function version 2 is already included in routing "
            "configuration.");
  EXPECT_EQ(refusal("$LATEST", {{"2", 0.5}}),
            "$LATEST is not supported for an alias pointing to more than 1 version");
}

TEST(CheckAlike, WantsOneRoleAndOneDeadLetterTarget) {
  FunctionVersion one, other;
  EXPECT_TRUE(check_alike(one, other));
  other.dead_letter_target = "arn:aws:sqs:us-east-1:123456789012:q";
  EXPECT_FALSE(check_alike(one, other));
  one.dead_letter_target = other.dead_letter_target;
  one.role = "arn:aws:iam::123456789012:role/r";
  EXPECT_FALSE(check_alike(one, other));
}

}  // namespace
}  // namespace kiln::lambda
