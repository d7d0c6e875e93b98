// SPDX-License-Identifier: Apache-2.0
#include "async/clock.h"

#include "async/fake_clock.h"
#include "async/loop.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace kiln {
namespace {

TEST(SystemClock, FiresInOrderOfTimeAndNotWhenCancelled) {
  Loop loop;
  Clock& clock = loop.clock();
  std::string order;
  const Monotonic now = clock.monotonic();
  clock.schedule(now.plus_ms(3), [&] { loop.stop(); });
  const auto cancelled = clock.schedule(now.plus_ms(2), [&] { order += 'x'; });
  clock.schedule(now.plus_ms(2), [&] { order += 'b'; });
  clock.schedule(now.plus_ms(-5), [&] { order += 'a'; });
  EXPECT_TRUE(clock.cancel(cancelled));
  EXPECT_FALSE(clock.cancel(cancelled));
  EXPECT_EQ(order, "");
  loop.run();
  EXPECT_EQ(order, "ab");
}

TEST(SystemClock, ATimerMayCancelAnotherOfTheSameRound) {
  Loop loop;
  Clock& clock = loop.clock();
  const Monotonic past = clock.monotonic();
  bool ran = false;
  Clock::TimerId second = 0;
  clock.schedule(past, [&] { EXPECT_TRUE(clock.cancel(second)); });
  second = clock.schedule(past.plus_ms(0), [&] { ran = true; });
  clock.schedule(past.plus_ms(2), [&] { loop.stop(); });
  loop.run();
  EXPECT_FALSE(ran);
}

TEST(SystemClock, IdsAreNotReusedByLaterTimers) {
  Loop loop;
  Clock& clock = loop.clock();
  const Monotonic later = clock.monotonic().plus_ms(60'000);
  const auto first = clock.schedule(later, [] {});
  EXPECT_TRUE(clock.cancel(first));
  for (int i = 0; i < 5'000; ++i) {
    const auto id = clock.schedule(later, [] {});
    EXPECT_NE(id, first);
    EXPECT_NE(id, 0u);
    EXPECT_TRUE(clock.cancel(id));
  }
  EXPECT_FALSE(clock.cancel(first));
}

Task<void> sleep_into(Clock& clock, std::stop_token stop, std::vector<Woken>& out) {
  out.push_back(co_await sleep_ms(clock, 100, std::move(stop)));
}

TEST(Sleep, EndsAtItsDeadlineOrWhenStopped) {
  FakeClock clock;
  std::vector<Woken> out;
  std::stop_source stop;
  spawn(sleep_into(clock, stop.get_token(), out));
  clock.advance_ms(99);
  EXPECT_TRUE(out.empty());
  clock.advance_ms(1);
  EXPECT_EQ(out, std::vector{Woken::kDeadline});
  spawn(sleep_into(clock, stop.get_token(), out));
  stop.request_stop();
  EXPECT_EQ(out.back(), Woken::kStopped);
  EXPECT_EQ(clock.pending(), 0u);
}

}  // namespace
}  // namespace kiln
