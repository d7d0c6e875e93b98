// SPDX-License-Identifier: Apache-2.0
#include "async/blocking_pool.h"

#include "async/loop.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>

namespace kiln {
namespace {

Result<std::thread::id> this_thread() { return std::this_thread::get_id(); }

Task<void> run_away(Loop& loop, BlockingPool& pool, bool& elsewhere, bool& home_again) {
  auto work = pool.run(loop, this_thread);
  const auto id = co_await work;
  elsewhere = *id != std::this_thread::get_id();
  home_again = loop.running_in_this_thread();
}

TEST(BlockingPool, RunsElsewhereAndComesHome) {
  Loop loop;
  Metrics metrics;
  BlockingPool pool(2, 10, metrics);
  bool elsewhere = false, home_again = false;
  loop.run_until_complete(run_away(loop, pool, elsewhere, home_again));
  EXPECT_TRUE(elsewhere);
  EXPECT_TRUE(home_again);
}

TEST(BlockingPool, RefusesPastItsBoundAndFinishesWhatIsQueued) {
  Metrics metrics;
  std::atomic<int> done = 0;
  std::latch started(1), release(1);
  {
    BlockingPool pool(1, 1, metrics);
    EXPECT_TRUE(pool.submit([&] {
      started.count_down();
      release.wait();
      ++done;
    }));
    started.wait();
    EXPECT_TRUE(pool.submit([&] { ++done; }));
    EXPECT_FALSE(pool.submit([&] { ++done; }));
    release.count_down();
  }
  EXPECT_EQ(done, 2);
  EXPECT_EQ(metrics.counter("kiln_blocking_pool_rejected_total").value(), 1);
}

}  // namespace
}  // namespace kiln
