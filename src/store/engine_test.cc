// SPDX-License-Identifier: Apache-2.0
#include "store/engine.h"

#include "async/loop.h"

#include <gtest/gtest.h>

namespace kiln::store {
namespace {

Task<void> turn(Executor& executor) { co_await resume_on(executor); }

TEST(WatchHub, CoalescesWritesUntilTheWatcherRuns) {
  Loop loop;
  WatchHub hub;
  int calls = 0;
  const auto watch = hub.add("a", loop, [&calls] { ++calls; });
  for (int i = 0; i < 100; ++i) hub.notify({"a1", "a2"});
  loop.run_until_complete(turn(loop));
  EXPECT_EQ(calls, 1);
  hub.notify({"a1"});
  loop.run_until_complete(turn(loop));
  EXPECT_EQ(calls, 2);
}

TEST(WatchHub, SaysNothingAfterTheWatchIsGone) {
  Loop loop;
  WatchHub hub;
  int calls = 0;
  auto watch = hub.add("a", loop, [&calls] { ++calls; });
  hub.notify({"a1"});
  watch.reset();
  EXPECT_FALSE(hub.watched());
  loop.run_until_complete(turn(loop));
  EXPECT_EQ(calls, 0);
}

}  // namespace
}  // namespace kiln::store
