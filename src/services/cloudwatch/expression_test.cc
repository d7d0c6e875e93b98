// SPDX-License-Identifier: Apache-2.0
#include "services/cloudwatch/expression.h"

#include <gtest/gtest.h>

#include <cmath>

namespace kiln::cloudwatch {
namespace {

using Points = std::map<std::int64_t, double>;

TimeSeries series_of(std::string label, Points minutes) {
  TimeSeries out{.label = std::move(label)};
  for (const auto& [minute, value] : minutes) out.points.emplace(minute * 60'000, value);
  return out;
}

const TimeSeries kOne = series_of("one", {{0, 1}, {1, 2}, {3, 4}});
const TimeSeries kTwo = series_of("two", {{0, 10}, {1, 0}, {2, 30}});

Scope scope() {
  return {.find = [](const std::string& id) -> Result<Value> {
            if (id == "m1") return kOne;
            if (id == "m2") return kTwo;
            if (id == "none") return series_of("none", {});
            return fail(ErrorCode::kInvalidArgument, "there is no '" + id + "'");
          },
          .metrics = [](std::string_view part) -> Result<SeriesList> {
            SeriesList out;
            if (std::string_view("m1").contains(part)) out.push_back(kOne);
            if (std::string_view("m2").contains(part)) out.push_back(kTwo);
            return out;
          },
          .from_ms = 0,
          .to_ms = 4 * 60'000,
          .period_ms = 60'000};
}

Result<Value> evaluate(std::string_view text) {
  const auto parsed = Expression::parse(text);
  if (!parsed) return std::unexpected(parsed.error());
  return parsed->evaluate(scope());
}

std::string error_of(std::string_view text) {
  const auto value = evaluate(text);
  return value ? "" : value.error().message;
}

double number(std::string_view text) {
  const auto value = evaluate(text);
  EXPECT_TRUE(value && std::holds_alternative<double>(*value)) << text;
  return std::get<double>(value.value_or(-1.0));
}

Points points(std::string_view text) {
  const auto value = evaluate(text);
  EXPECT_TRUE(value && std::holds_alternative<TimeSeries>(*value)) << text << error_of(text);
  Points out;
  if (!value || !std::holds_alternative<TimeSeries>(*value)) return out;
  for (const auto& [at, v] : std::get<TimeSeries>(*value).points) out.emplace(at / 60'000, v);
  return out;
}

TEST(Expressions, have_the_precedence_of_arithmetic) {
  EXPECT_EQ(number("1 + 2 * 3"), 7);
  EXPECT_EQ(number("(1 + 2) * 3"), 9);
  EXPECT_EQ(number("8 - 4 - 2"), 2);
  EXPECT_EQ(number("2 ^ 3 ^ 2"), 512);
  EXPECT_EQ(number("-2 ^ 2"), -4);
  EXPECT_EQ(number("1 + 1 == 2 AND 3 <= 2 || 1 > 0"), 1);
  EXPECT_EQ(number("1.5e3 / 2"), 750);
}

TEST(Expressions, on_series_have_points_where_all_operands_have_one) {
  EXPECT_EQ(points("m1 + m2"), (Points{{0, 11}, {1, 2}}));
  EXPECT_EQ(points("m1 * 100"), (Points{{0, 100}, {1, 200}, {3, 400}}));
  EXPECT_EQ(points("m1 >= 2"), (Points{{0, 0}, {1, 1}, {3, 1}}));
  // A division by zero is no point.
  EXPECT_EQ(points("m1 / m2"), (Points{{0, 0.1}}));
}

TEST(Expressions, reduce_a_series_to_a_number_and_a_list_to_a_series) {
  EXPECT_EQ(number("SUM(m1)"), 7);
  EXPECT_EQ(number("AVG(m2)"), 40.0 / 3);
  EXPECT_EQ(number("MIN(m1) + MAX(m1)"), 5);
  EXPECT_EQ(number("DATAPOINT_COUNT(m1)"), 3);
  EXPECT_EQ(number("METRIC_COUNT(METRICS())"), 2);
  EXPECT_EQ(points("SUM(METRICS())"), (Points{{0, 11}, {1, 2}, {2, 30}, {3, 4}}));
  EXPECT_EQ(points("MAX([m1, m2])"), (Points{{0, 10}, {1, 2}, {2, 30}, {3, 4}}));
  EXPECT_EQ(points("MAX([m1, 3])"), (Points{{0, 3}, {1, 3}, {3, 4}}));
  EXPECT_EQ(points("SUM(METRICS(\"m2\"))"), (Points{{0, 10}, {1, 0}, {2, 30}}));
  EXPECT_NEAR(number("STDDEV(m1)"), 1.2472, 0.001);
}

TEST(Expressions, work_along_a_series) {
  EXPECT_EQ(points("RATE(m1)"), (Points{{1, 1.0 / 60}, {3, 2.0 / 120}}));
  EXPECT_EQ(points("DIFF(m1)"), (Points{{1, 1}, {3, 2}}));
  EXPECT_EQ(points("DIFF_TIME(m1)"), (Points{{1, 60}, {3, 120}}));
  EXPECT_EQ(points("RUNNING_SUM(m1)"), (Points{{0, 1}, {1, 3}, {3, 7}}));
  EXPECT_EQ(points("ABS(m1 - 3)"), (Points{{0, 2}, {1, 1}, {3, 1}}));
  EXPECT_EQ(points("CEIL(m1 / 3)"), (Points{{0, 1}, {1, 1}, {3, 2}}));
  EXPECT_EQ(points("LOG10(m2)"), (Points{{0, 1}, {2, std::log10(30)}}));
  EXPECT_EQ(number("PERIOD(m1)"), 60);
  EXPECT_EQ(points("MINUTE(m1)"), (Points{{0, 0}, {1, 1}, {3, 3}}));
  EXPECT_EQ(points("YEAR(m1) + MONTH(m1) + DATE(m1) + DAY(m1) + HOUR(m1) + EPOCH(m1)"),
            (Points{{0, 1976}, {1, 2036}, {3, 2156}}));  // 1970-01-01 was a Thursday
}

TEST(Expressions, fill_gaps) {
  EXPECT_EQ(points("FILL(m1, 0)"), (Points{{0, 1}, {1, 2}, {2, 0}, {3, 4}}));
  EXPECT_EQ(points("FILL(m1, REPEAT)"), (Points{{0, 1}, {1, 2}, {2, 2}, {3, 4}}));
  EXPECT_EQ(points("FILL(m1, LINEAR)"), (Points{{0, 1}, {1, 2}, {2, 3}, {3, 4}}));
  EXPECT_EQ(points("FILL(m2, LINEAR)"), (Points{{0, 10}, {1, 0}, {2, 30}}));
  EXPECT_EQ(points("FILL(none, 5)"), (Points{{0, 5}, {1, 5}, {2, 5}, {3, 5}}));
  EXPECT_EQ(points("TIME_SERIES(7)"), (Points{{0, 7}, {1, 7}, {2, 7}, {3, 7}}));
}

TEST(Expressions, choose_by_a_condition) {
  EXPECT_EQ(points("IF(m1 > 1, m1, 0)"), (Points{{0, 0}, {1, 2}, {3, 4}}));
  EXPECT_EQ(points("IF(m1 > 1, m1)"), (Points{{1, 2}, {3, 4}}));
  EXPECT_EQ(points("IF(m1 > 1, m2, m1)"), (Points{{0, 1}, {1, 0}}));
  EXPECT_EQ(number("IF(SUM(m1) > 5, 1, 2)"), 1);
}

TEST(Expressions, take_lists_apart) {
  EXPECT_EQ(points("FIRST(METRICS())"), points("m1"));
  EXPECT_EQ(points("LAST(METRICS())"), points("m2"));
  EXPECT_EQ(points("SLICE(METRICS(), 1)"), points("m2"));
  EXPECT_EQ(points("FIRST(SORT(METRICS(), SUM, DESC))"), points("m2"));
  EXPECT_EQ(points("SUM(SORT(METRICS(), AVG, ASC, 1))"), points("m1"));
  EXPECT_EQ(number("METRIC_COUNT(REMOVE_EMPTY([m1, none]))"), 1);
  EXPECT_EQ(number("METRIC_COUNT(METRICS() * 2)"), 2);
}

TEST(Expressions, that_are_wrong_say_why) {
  for (const char* text : {"", "1 +", "(m1", "m1)", "m1 m2", "FILL(m1)", "'text'", "[m1", "SUM(1)",
                           "FILL(m1, SOMETIMES)", "METRICS() + METRICS()", "1e999", "m1 $ 2"}) {
    EXPECT_NE(error_of(text), "") << text;
  }
  EXPECT_EQ(error_of("m9 + 1"), "there is no 'm9'");
  EXPECT_EQ(error_of("NOBODY(m1)"), "there is no function NOBODY");
  EXPECT_EQ(error_of("LAMBDA('x')"), "the function LAMBDA is not supported here");
  EXPECT_EQ(error_of("SEARCH('x', 'Sum')"),
            "SEARCH takes a search, a statistic and a period in seconds");
  EXPECT_EQ(error_of("SELECT AVG(Duration) FROM x"),
            "Metrics Insights (SELECT) is not supported here");
  EXPECT_EQ(error_of(std::string(100, '(') + "1" + std::string(100, ')')), "it is nested too deep");
  EXPECT_EQ(error_of(std::string(2'000, '-') + "1"), "");
  std::string sum = "1";
  for (int i = 0; i < Expression::kMaxOperators; ++i) sum += "+1";
  EXPECT_EQ(error_of(sum), "");
  EXPECT_EQ(error_of(sum + "+1"), "it has too many operators");
}

TEST(Expressions, know_what_they_search) {
  const auto parsed = Expression::parse("SUM(SEARCH('{AWS/Lambda} Errors', 'Sum', 300)) / m1");
  ASSERT_TRUE(parsed);
  ASSERT_EQ(parsed->searches().size(), 1u);
  EXPECT_EQ(parsed->searches()[0].text, "{AWS/Lambda} Errors");
  EXPECT_EQ(parsed->searches()[0].statistic, "Sum");
  EXPECT_EQ(parsed->searches()[0].period_s, 300);
  Scope with = scope();
  with.find = [&parsed](const std::string& id) -> Result<Value> {
    if (id == "m1") return kOne;
    EXPECT_EQ(id, parsed->searches()[0].id);
    return SeriesList{kOne, kTwo};
  };
  EXPECT_TRUE(parsed->evaluate(with));
}

TEST(Expressions, know_what_they_name) {
  const auto parsed = Expression::parse("SUM([m1, errors]) / m2 + FILL(m1, REPEAT)");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->ids(), (std::set<std::string>{"errors", "m1", "m2"}));
}

}  // namespace
}  // namespace kiln::cloudwatch
