// SPDX-License-Identifier: Apache-2.0
#include "services/cloudwatch/statistics.h"

#include <gtest/gtest.h>

namespace kiln::cloudwatch {
namespace {

TEST(Statistics, names_are_those_of_cloudwatch) {
  for (const char* name : {"Average", "Sum", "SampleCount", "Minimum", "Maximum", "p99", "p99.9",
                           "p0", "p100", "IQM"}) {
    EXPECT_TRUE(Statistic::parse(name)) << name;
  }
  for (const char* name : {"", "average", "p", "p101", "p-1", "p9x", "tm90", "nan"}) {
    EXPECT_FALSE(Statistic::parse(name)) << name;
  }
}

TEST(Statistics, each_says_what_its_name_does) {
  metering::Datapoint point;
  for (int i = 1; i <= 100; ++i) point.add(i);
  EXPECT_EQ(*Statistic::parse("Average")->of(point), 50.5);
  EXPECT_EQ(*Statistic::parse("SampleCount")->of(point), 100);
  EXPECT_EQ(*Statistic::parse("Maximum")->of(point), 100);
  EXPECT_NEAR(*Statistic::parse("p90")->of(point), 90, 1);
  EXPECT_NEAR(*Statistic::parse("IQM")->of(point), 50.5, 1);
  point.has_distribution = false;
  EXPECT_FALSE(Statistic::parse("p90")->of(point));
}

TEST(Statistics, points_fall_into_periods_of_the_epoch) {
  metering::Datapoint one;
  one.add(1);
  const auto periods =
      in_periods({{{0}, one}, {{60'000}, one}, {{240'000}, one}, {{300'000}, one}}, 300'000);
  ASSERT_EQ(periods.size(), 2u);
  EXPECT_EQ(periods[0].point.sum, 3);
  EXPECT_EQ(periods[1].start.ms, 300'000);
}

}  // namespace
}  // namespace kiln::cloudwatch
