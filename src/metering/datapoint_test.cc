// SPDX-License-Identifier: Apache-2.0
#include "metering/datapoint.h"

#include "metering/embedded_metrics.h"

#include <gtest/gtest.h>

namespace kiln::metering {
namespace {

TEST(Datapoint, statistics_are_exact_and_percentiles_within_one_percent) {
  Datapoint point;
  for (int i = 1; i <= 1'000; ++i) point.add(i);
  EXPECT_EQ(point.count, 1'000);
  EXPECT_EQ(point.sum, 500'500);
  EXPECT_EQ(point.minimum, 1);
  EXPECT_EQ(point.maximum, 1'000);
  EXPECT_NEAR(*point.percentile(0.5), 500, 5.5);
  EXPECT_NEAR(*point.percentile(0.99), 990, 10);
  EXPECT_EQ(*point.percentile(1), 1'000);
}

TEST(Datapoint, signs_and_zero_keep_their_order) {
  Datapoint point;
  for (const double value : {-100.0, -1.0, 0.0, 1.0, 100.0}) point.add(value);
  EXPECT_NEAR(*point.percentile(0.2), -100, 1.1);
  EXPECT_EQ(*point.percentile(0.6), 0);
  EXPECT_NEAR(*point.percentile(0.8), 1, 0.02);
}

TEST(Datapoint, parts_merge_to_the_whole) {
  Datapoint a;
  Datapoint b;
  Datapoint whole;
  for (int i = 0; i < 100; ++i) {
    (i % 3 == 0 ? a : b).add(i);
    whole.add(i);
  }
  a.merge(b);
  a.merge(Datapoint{});
  EXPECT_EQ(encode(a), encode(whole));
  EXPECT_EQ(encode(*decode_datapoint(encode(a))), encode(whole));
}

TEST(Datapoint, statistic_sets_have_no_percentiles) {
  Datapoint point;
  point.add(5);
  point.add_statistics(10, 100, 1, 20);
  EXPECT_EQ(point.count, 11);
  EXPECT_EQ(point.maximum, 20);
  EXPECT_FALSE(point.percentile(0.5));
}

TEST(EmbeddedMetrics, a_line_of_the_format_has_its_metrics) {
  const auto metrics = embedded_metrics(R"({"_aws":{"Timestamp":1700000000000,"CloudWatchMetrics":[
    {"Namespace":"shop","Dimensions":[["service"],["service","stage"]],
     "Metrics":[{"Name":"orders","Unit":"Count"},{"Name":"ms"}]}]},
    "service":"checkout","stage":"prod","orders":3,"ms":[1,2,3]})");
  ASSERT_EQ(metrics.size(), 4u);
  EXPECT_EQ(metrics[0].series.space, "shop");
  EXPECT_EQ(metrics[0].series.name, "orders");
  EXPECT_EQ(metrics[1].series.dimensions.at("stage"), "prod");
  EXPECT_EQ(metrics[0].point.sum, 3);
  EXPECT_EQ(metrics[0].point.unit, "Count");
  EXPECT_EQ(metrics[2].point.count, 3);
  EXPECT_EQ(metrics[2].at.ms, 1700000000000);
}

TEST(EmbeddedMetrics, other_lines_have_none) {
  for (
      const char* line :
      {"hello", R"({"_aws":{}})", R"({"_aws":{"CloudWatchMetrics":1,"Timestamp":1}})",
       R"({"_aws":{"Timestamp":1,"CloudWatchMetrics":[{"Namespace":"n","Metrics":[{"Name":"m"}]}]},"m":"x"})",
       R"({"_aws":{"Timestamp":1,"CloudWatchMetrics":[{"Namespace":"n","Dimensions":[["d"]],"Metrics":[{"Name":"m"}]}]},"m":1})",
       R"("CloudWatchMetrics" {)"}) {
    EXPECT_TRUE(embedded_metrics(line).empty()) << line;
  }
}

}  // namespace
}  // namespace kiln::metering
