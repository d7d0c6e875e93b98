// SPDX-License-Identifier: Apache-2.0
#include "metering/metric_store.h"

#include "async/fake_clock.h"
#include "async/loop.h"
#include "store/memory/memory_store.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>

namespace kiln::metering {
namespace {

template <class T>
Task<void> keep(Task<T> task, std::optional<T>& out) {
  out = co_await task;
}

struct MetricStoreTest : testing::Test {
  template <class T>
  T await(Task<T> task) {
    std::optional<T> out;
    loop.run_until_complete(keep(std::move(task), out));
    return std::move(*out);
  }
  Datapoint value(double v) {
    Datapoint out;
    out.unit = "Count";
    out.add(v);
    return out;
  }
  std::vector<TimedPoint> read(const Series& of, Resolution resolution = Resolution::kMinute) {
    EXPECT_TRUE(await(metrics.flush(store::Durability::kOnDisk)));
    return *await(metrics.read(of, resolution, {0}, {clock.wall().ms + 1}, 1'000));
  }

  Loop loop;
  FakeClock clock;
  SeededRandom random{1};
  Metrics counters;
  std::unique_ptr<store::Store> store = store::make_memory_store(clock, loop);
  MetricStore metrics{*store, clock, random, counters};
  const Series series{"1", "r", "AWS/Lambda", "Invocations", {{"FunctionName", "f"}}};
};

TEST_F(MetricStoreTest, points_of_a_minute_are_one_however_often_they_are_flushed) {
  for (int i = 0; i < 3; ++i) {
    metrics.add(series, clock.wall(), value(i));
    EXPECT_EQ(read(series).size(), 1u);
  }
  EXPECT_EQ(read(series)[0].point.sum, 3);
  clock.advance_ms(kMinuteMs);
  metrics.add(series, clock.wall(), value(5));
  ASSERT_EQ(read(series).size(), 2u);
  EXPECT_EQ(read(series)[1].point.sum, 5);
  EXPECT_EQ(read(series, Resolution::kHour).size(), 1u);
  EXPECT_EQ(read(series, Resolution::kHour)[0].point.sum, 8);
}

TEST_F(MetricStoreTest, what_comes_late_or_from_another_server_adds_up) {
  const Timestamp then = clock.wall();
  metrics.add(series, then, value(1));
  ASSERT_EQ(read(series).size(), 1u);
  clock.advance_ms(10 * kMinuteMs);
  ASSERT_EQ(read(series).size(), 1u);
  metrics.add(series, then, value(2));
  MetricStore other{*store, clock, random, counters};
  other.add(series, then, value(4));
  EXPECT_TRUE(await(other.flush(store::Durability::kOnDisk)));
  ASSERT_EQ(read(series).size(), 1u);
  EXPECT_EQ(read(series)[0].point.sum, 7);
}

TEST_F(MetricStoreTest, series_are_listed_in_pages) {
  for (const char* function : {"f", "g", "h"}) {
    metrics.add({"1", "r", "AWS/Lambda", "Errors", {{"FunctionName", function}}}, clock.wall(),
                value(1));
  }
  metrics.add({"1", "r", "shop", "orders", {}}, clock.wall(), value(1));
  metrics.add({"2", "r", "shop", "orders", {}}, clock.wall(), value(1));
  EXPECT_TRUE(await(metrics.flush(store::Durability::kOnDisk)));
  const auto all = [](const Series&, Timestamp) { return true; };
  std::size_t seen = 0;
  std::string after;
  do {
    const auto page = *await(metrics.list("1", "r", "", after, 2, all));
    seen += page.series.size();
    after = page.next;
  } while (!after.empty());
  EXPECT_EQ(seen, 4u);
  EXPECT_EQ(await(metrics.list("1", "r", "shop", "", 10, all))->series.size(), 1u);
}

TEST_F(MetricStoreTest, long_dimensions_fit_a_key) {
  Series wide = series;
  for (int i = 0; i < 30; ++i) {
    wide.dimensions[std::string(200, 'n') + std::to_string(i)] = std::string(1'024, 'v');
  }
  metrics.add(wide, clock.wall(), value(1));
  EXPECT_EQ(read(wide).size(), 1u);
}

TEST_F(MetricStoreTest, points_are_kept_by_the_minute_by_five_minutes_and_by_the_hour) {
  clock.advance_ms(kHourMs - clock.wall().ms % kHourMs);
  for (int i = 0; i < 7; ++i) {
    metrics.add(series, clock.wall(), value(1));
    clock.advance_ms(kMinuteMs);
  }
  EXPECT_EQ(read(series).size(), 7u);
  const auto fives = read(series, Resolution::kFiveMinutes);
  ASSERT_EQ(fives.size(), 2u);
  EXPECT_EQ(fives[0].point.sum, 5);
  EXPECT_EQ(fives[1].point.sum, 2);
  EXPECT_EQ(read(series, Resolution::kHour).size(), 1u);
}

}  // namespace
}  // namespace kiln::metering
