// SPDX-License-Identifier: Apache-2.0
#include "metering/resource_meter.h"

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

struct ResourceMeterTest : testing::Test {
  template <class T>
  T await(Task<T> task) {
    std::optional<T> out;
    loop.run_until_complete(keep(std::move(task), out));
    return std::move(*out);
  }
  std::vector<TimedPoint> read(std::string metric, std::string queue) {
    EXPECT_TRUE(await(store.flush(store::Durability::kOnDisk)));
    return *await(store.read({"1", "r", "AWS/SQS", std::move(metric), {{"QueueName", queue}}},
                             Resolution::kMinute, {0}, {clock.wall().ms + 1}, 100));
  }

  Loop loop;
  FakeClock clock;
  SeededRandom random{1};
  Metrics counters;
  std::unique_ptr<store::Store> keys = store::make_memory_store(clock, loop);
  MetricStore store{*keys, clock, random, counters};
  ResourceMeter meter{store, "AWS/SQS", "QueueName"};
};

TEST_F(ResourceMeterTest, what_was_counted_is_there_after_a_flush_each_resource_for_itself) {
  for (const char* queue : {"a", "b", "a"}) meter.count({"1", "r", queue}, "Sent", 2);
  meter.add({"1", "r", "a"}, "Size", 10, "Bytes");
  meter.add({"1", "r", "a"}, "Size", 30, "Bytes", 2);
  ASSERT_EQ(read("Sent", "a").size(), 1u);
  EXPECT_EQ(read("Sent", "a")[0].point.sum, 4);
  EXPECT_EQ(read("Sent", "b")[0].point.sum, 2);
  const Datapoint size = read("Size", "a")[0].point;
  EXPECT_EQ(size.unit, "Bytes");
  EXPECT_EQ(size.count, 3);
  EXPECT_EQ(size.sum, 70);
  EXPECT_EQ(size.minimum, 10);
  // A flush takes what there is; the next begins anew.
  meter.count({"1", "r", "a"}, "Sent");
  EXPECT_EQ(read("Sent", "a")[0].point.sum, 5);
}

TEST_F(ResourceMeterTest, the_same_name_in_another_account_or_region_is_another_resource) {
  meter.count({"1", "r", "a"}, "Sent");
  meter.count({"2", "r", "a"}, "Sent");
  meter.count({"1", "s", "a"}, "Sent");
  EXPECT_EQ(read("Sent", "a")[0].point.sum, 1);
}

TEST_F(ResourceMeterTest, past_its_bound_it_drops_and_says_so) {
  for (std::size_t i = 0; i < ResourceMeter::kMaxResources + 3; ++i) {
    meter.count({"1", "r", std::to_string(i)}, "Sent");
  }
  EXPECT_EQ(counters.counter("kiln_metering_dropped_total").value(), 3);
}

}  // namespace
}  // namespace kiln::metering
