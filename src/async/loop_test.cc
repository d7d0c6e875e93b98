// SPDX-License-Identifier: Apache-2.0
#include "async/loop.h"

#include "async/event.h"
#include "async/gate.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <thread>

namespace kiln {
namespace {

Task<int> add(int a, int b) { co_return a + b; }
Task<void> record_sum(int& out) { out = co_await add(2, 3); }
Task<void> throw_error() {
  throw std::runtime_error("boom");
  co_return;
}
Task<void> hop(Loop& loop, bool& on_loop) {
  co_await resume_on(loop);
  on_loop = loop.running_in_this_thread();
}
Task<void> await_many(int& out) {
  for (int i = 0; i < 100'000; ++i) out += co_await add(0, 1);
}

TEST(Loop, RunsATaskToItsEndMoreThanOnce) {
  Loop loop;
  int sum = 0;
  loop.run_until_complete(record_sum(sum));
  EXPECT_EQ(sum, 5);
  sum = 0;
  loop.run_until_complete(record_sum(sum));
  EXPECT_EQ(sum, 5);
}

TEST(Loop, RethrowsWhatTheTaskThrew) {
  Loop loop;
  EXPECT_THROW(loop.run_until_complete(throw_error()), std::runtime_error);
}

TEST(Loop, ManyAwaitsDoNotGrowTheStack) {
  Loop loop;
  int count = 0;
  loop.run_until_complete(await_many(count));
  EXPECT_EQ(count, 100'000);
}

TEST(Loop, KnowsItsThread) {
  Loop loop;
  bool on_loop = false;
  EXPECT_FALSE(loop.running_in_this_thread());
  loop.run_until_complete(hop(loop, on_loop));
  EXPECT_TRUE(on_loop);
  EXPECT_FALSE(loop.running_in_this_thread());
}

TEST(Loop, PostsRunInOrderAndFromOtherThreads) {
  Loop loop;
  std::string order;
  loop.post([&] { order += 'a'; });
  std::thread other([&] {
    loop.post([&] { order += 'b'; });
    loop.post([&] { loop.stop(); });
  });
  other.join();
  loop.run();
  EXPECT_EQ(order, "ab");
}

Task<void> take_value(OneShot<int>& event, Clock& clock, std::stop_token stop, Result<int>& out) {
  auto wait = event.wait(clock, clock.monotonic().plus_ms(10'000), std::move(stop));
  out = co_await wait;
}
Task<void> hand_over(Loop& loop, Result<int>& out) {
  OneShot<int> event;
  loop.post([&] { event.set(7); });
  co_await take_value(event, loop.clock(), {}, out);
}
Task<void> give_up(Loop& loop, Result<int>& out) {
  OneShot<int> event;
  std::stop_source stop;
  loop.post([&] { stop.request_stop(); });
  co_await take_value(event, loop.clock(), stop.get_token(), out);
}

TEST(OneShot, HandsOverAValueOrStops) {
  Loop loop;
  Result<int> out = 0;
  loop.run_until_complete(hand_over(loop, out));
  EXPECT_EQ(*out, 7);
  loop.run_until_complete(give_up(loop, out));
  EXPECT_EQ(out.error().code, ErrorCode::kCancelled);
}

Task<void> hold_pass(Loop& loop, Gate::Pass pass) { co_await resume_on(loop); }
Task<void> wait_closed(Loop& loop, std::size_t& inside) {
  Gate gate;
  spawn(hold_pass(loop, gate.enter()));
  co_await gate.closed();
  inside = gate.inside();
}

TEST(Gate, ClosesAfterTheLastPass) {
  Loop loop;
  std::size_t inside = 9;
  loop.run_until_complete(wait_closed(loop, inside));
  EXPECT_EQ(inside, 0u);
}

}  // namespace
}  // namespace kiln
