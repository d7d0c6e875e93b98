// SPDX-License-Identifier: Apache-2.0
#include "async/movable_clock.h"

#include "async/fake_clock.h"

#include <gtest/gtest.h>

#include <string>

namespace kiln {
namespace {

struct MovableClockTest : testing::Test {
  FakeClock host;
  MovableClock clock{host};
  std::string log;
  Clock::TimerId at(std::int64_t ms, char mark) {
    return clock.schedule(clock.monotonic().plus_ms(ms), [this, mark] { log += mark; });
  }
};

TEST_F(MovableClockTest, FollowsTheHost) {
  at(100, 'a');
  at(50, 'b');
  host.advance_ms(60);
  EXPECT_EQ(log, "b");
  host.advance_ms(60);
  EXPECT_EQ(log, "ba");
  EXPECT_EQ(host.pending(), 0U);
}

TEST_F(MovableClockTest, MovesAheadOfTheHost) {
  const auto before = host.wall();
  at(6 * 3'600'000, 'a');
  at(3'600'000, 'b');
  at(7 * 3'600'000, 'c');
  clock.advance_ms(6 * 3'600'000);
  EXPECT_EQ(clock.wall().ms - before.ms, 6 * 3'600'000);
  EXPECT_EQ(host.wall().ms, before.ms);
  EXPECT_EQ(log, "");  // never inline
  host.advance_ms(0);
  EXPECT_EQ(log, "ba");
  host.advance_ms(3'600'000);
  EXPECT_EQ(log, "bac");
}

TEST_F(MovableClockTest, ACancelledTimerDoesNotRun) {
  const auto id = at(100, 'a');
  EXPECT_TRUE(clock.cancel(id));
  EXPECT_FALSE(clock.cancel(id));
  clock.advance_ms(1'000);
  host.advance_ms(0);
  EXPECT_EQ(log, "");
}

}  // namespace
}  // namespace kiln
