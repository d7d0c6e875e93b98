// SPDX-License-Identifier: Apache-2.0
#include "services/cloudwatch/statistics.h"

#include <gtest/gtest.h>

namespace kiln::cloudwatch {
namespace {

TEST(Statistics, names_are_those_of_cloudwatch) {
  for (const char* name :
       {"Average", "Sum", "SampleCount", "Minimum", "Maximum", "p99", "p99.9", "p0", "p100", "IQM",
        "tm90", "wm99.5", "tc10", "ts80", "TM(10%:90%)", "PR(:300)", "WM(2%:)", "TS(1.5:20)"}) {
    EXPECT_TRUE(Statistic::parse(name)) << name;
  }
  for (const char* name : {"", "average", "p", "p101", "p-1", "p9x", "tm", "tm101", "xx90", "pr90",
                           "PR(1%:2%)", "TM(5%:10)", "TM(:)", "TM(9:1)", "nan"}) {
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
  EXPECT_NEAR(*Statistic::parse("tm90")->of(point), 45.5, 1);
  EXPECT_NEAR(*Statistic::parse("TM(10%:90%)")->of(point), 50.5, 1);
  EXPECT_NEAR(*Statistic::parse("tc90")->of(point), 90, 0.001);
  EXPECT_NEAR(*Statistic::parse("ts50")->of(point), 1'275, 30);
  EXPECT_NEAR(*Statistic::parse("TC(10:20)")->of(point), 10, 1);
  EXPECT_NEAR(*Statistic::parse("PR(:25)")->of(point), 25, 1);
  EXPECT_NEAR(*Statistic::parse("wm90")->of(point), (45.5 * 90 + 10 * 90) / 100, 1);
  EXPECT_NEAR(*Statistic::parse("WM(:10)")->of(point), (55 + 90 * 10) / 100.0, 1);
  point.has_distribution = false;
  EXPECT_FALSE(Statistic::parse("tm90")->of(point));
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

TEST(Statistics, are_read_from_what_is_kept_of_that_time) {
  using metering::Resolution;
  const Timestamp now{400 * 24 * metering::kHourMs};
  const auto days_ago = [now](std::int64_t days) {
    return Timestamp{now.ms - days * 24 * metering::kHourMs};
  };
  EXPECT_EQ(resolution_for(60, days_ago(1), now), Resolution::kMinute);
  EXPECT_EQ(resolution_for(300, days_ago(1), now), Resolution::kMinute);
  EXPECT_EQ(resolution_for(300, days_ago(16), now), Resolution::kFiveMinutes);
  EXPECT_EQ(resolution_for(3'600, days_ago(100), now), Resolution::kHour);
}

}  // namespace
}  // namespace kiln::cloudwatch
