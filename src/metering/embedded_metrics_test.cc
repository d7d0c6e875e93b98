// SPDX-License-Identifier: Apache-2.0
#include "metering/embedded_metrics.h"

#include <gtest/gtest.h>

namespace kiln::metering {
namespace {

// A line with one directive, and members beside it.
std::string line(const std::string& directive, const std::string& members) {
  return R"({"_aws":{"Timestamp":1700000000123,"CloudWatchMetrics":[)" + directive + "]}," +
         members + "}";
}

TEST(EmbeddedMetrics, a_line_has_a_series_for_each_metric_and_each_set_of_dimensions) {
  const auto found = embedded_metrics(
      line(R"({"Namespace":"shop","Dimensions":[["service"],["service","zone"],[]],"Metrics":[)"
           R"({"Name":"orders","Unit":"Count"},{"Name":"took"}]})",
           R"("service":"checkout","zone":"a","orders":3,"took":[1.5,2.5])"));
  ASSERT_EQ(found.size(), 6u);
  EXPECT_EQ(found[0].series.space, "shop");
  EXPECT_EQ(found[0].series.name, "orders");
  EXPECT_EQ(found[0].series.dimensions, (Dimensions{{"service", "checkout"}}));
  EXPECT_EQ(found[0].at.ms, 1'700'000'000'123);
  EXPECT_EQ(found[0].point.sum, 3);
  EXPECT_EQ(found[0].point.unit, "Count");
  EXPECT_EQ(found[1].series.dimensions, (Dimensions{{"service", "checkout"}, {"zone", "a"}}));
  EXPECT_TRUE(found[2].series.dimensions.empty());
  EXPECT_EQ(found[3].point.count, 2);
  EXPECT_EQ(found[3].point.sum, 4);
  EXPECT_EQ(found[3].point.unit, "None");
}

TEST(EmbeddedMetrics, without_dimensions_there_is_one_series) {
  const auto found =
      embedded_metrics(line(R"({"Namespace":"n","Metrics":[{"Name":"m"}]})", R"("m":1)"));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_TRUE(found[0].series.dimensions.empty());
}

TEST(EmbeddedMetrics, what_the_format_does_not_allow_is_left_out) {
  const std::string metrics = R"("Metrics":[{"Name":"m"}])";
  for (const std::string& text :
       {line(R"({"Namespace":"n","Dimensions":[["gone"]],)" + metrics + "}", R"("m":1)"),
        line(R"({"Namespace":"n","Dimensions":[["d"]],)" + metrics + "}", R"("m":1,"d":5)"),
        line("{" + metrics + "}", R"("m":1)"),
        line(R"({"Namespace":"n",)" + metrics + "}", R"("m":"text")"),
        line(R"({"Namespace":"n",)" + metrics + "}", R"("m":[1,"2"])"),
        line(R"({"Namespace":"n",)" + metrics + "}", R"("m":[])"),
        line(R"({"Namespace":"n","Metrics":[{}]})", R"("m":1)"), line("5", R"("m":1)"),
        std::string(R"({"_aws":{"CloudWatchMetrics":[]}})"),
        std::string(R"({"CloudWatchMetrics":1)"), std::string("\"CloudWatchMetrics\""),
        std::string("plain text")}) {
    EXPECT_TRUE(embedded_metrics(text).empty()) << text;
  }
}

TEST(EmbeddedMetrics, a_line_is_bounded) {
  std::string metrics, members = R"("d":"x")";
  for (int i = 0; i < 100; ++i) {
    const std::string name = "m" + std::to_string(i);
    metrics += (i ? "," : "") + (R"({"Name":")" + name + "\"}");
    members += ",\"" + name + "\":1";
  }
  const std::string directive = R"({"Namespace":"n","Metrics":[)" + metrics + "]}";
  EXPECT_EQ(embedded_metrics(line(directive, members)).size(), 100u);
  std::string many = directive;
  for (int i = 0; i < 40; ++i) many += "," + directive;
  EXPECT_EQ(embedded_metrics(line(many, members)).size(), kMaxEmbedded);
  const std::string over = R"({"Namespace":"n","Metrics":[{"Name":"d"},)" + metrics + "]}";
  EXPECT_TRUE(embedded_metrics(line(over, members)).empty());
  std::string values = "1";
  for (int i = 0; i < 100; ++i) values += ",1";
  const std::string one = R"({"Namespace":"n","Metrics":[{"Name":"m"}]})";
  EXPECT_TRUE(embedded_metrics(line(one, R"("m":[)" + values + "]")).empty());
  EXPECT_TRUE(embedded_metrics(line(one, R"("m":)" + std::string(100, '[') + std::string(100, ']')))
                  .empty());
}

}  // namespace
}  // namespace kiln::metering
