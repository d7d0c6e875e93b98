// SPDX-License-Identifier: Apache-2.0
#include "lambda/model/provisioned.h"

#include <gtest/gtest.h>

namespace kiln::lambda {
namespace {

TEST(Provisioned, CountsAgainstTheReservationOrTheAccount) {
  FunctionRecord record;
  EXPECT_EQ(claimed_concurrency(record), 0);
  record.provisioned = {{"1", {.count = 3}}, {"live", {.count = 4}}};
  EXPECT_EQ(claimed_concurrency(record), 7);
  EXPECT_TRUE(check_provisioned(record));
  record.reserved_concurrency = 7;
  EXPECT_EQ(claimed_concurrency(record), 7);
  EXPECT_TRUE(check_provisioned(record));
  record.reserved_concurrency = 6;
  EXPECT_FALSE(check_provisioned(record));
}

TEST(Provisioned, TheLeastOfAScalingConfigurationCountsTheSame) {
  FunctionRecord record;
  record.scaling = {{"1", {.min = 3, .max = 9}}, {"2", {.min = std::nullopt, .max = 9}}};
  EXPECT_EQ(claimed_concurrency(record), 3);
  const auto stored = decode_function(encode(record));
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->scaling.at("1").min, 3);
  EXPECT_EQ(stored->scaling.at("2").min, std::nullopt);
  EXPECT_EQ(stored->scaling.at("2").max, 9);
}

TEST(Provisioned, OfAnAliasFollowsItsShares) {
  using Split = std::map<std::string, std::int32_t>;
  EXPECT_EQ(split_provisioned({.name = "a", .version = "1"}, 5), (Split{{"1", 5}}));
  EXPECT_EQ(split_provisioned({.name = "a", .version = "1", .weights = {{"2", 0.2}}}, 10),
            (Split{{"1", 8}, {"2", 2}}));
  EXPECT_EQ(split_provisioned({.name = "a", .version = "1", .weights = {{"2", 1.0}}}, 3),
            (Split{{"1", 0}, {"2", 3}}));
}

}  // namespace
}  // namespace kiln::lambda
