// SPDX-License-Identifier: Apache-2.0
#include "invoke/snapshot_store.h"

#include "async/fake_clock.h"
#include "launcher/snapshot/format.h"

#include <gtest/gtest.h>

#include <sys/mman.h>
#include <unistd.h>
#include <vector>

namespace kiln::invoke {
namespace {

constexpr std::int64_t kMb = 1 << 20;

class SnapshotStoreTest : public testing::Test {
 protected:
  static lambda::FunctionVersionPtr version(const std::string& deployment) {
    lambda::FunctionVersion out;
    out.name = "f";
    out.version = "1";
    out.snap_start = true;
    out.deployment_id = deployment;
    return std::make_shared<const lambda::FunctionVersion>(std::move(out));
  }
  static std::shared_ptr<sandbox::SnapshotFile> file(std::int64_t bytes) {
    auto made = *sandbox::SnapshotFile::create();
    const snapshot::Header header{.magic = snapshot::kMagic, .state = snapshot::State::kComplete};
    const std::vector<char> content(static_cast<std::size_t>(bytes), 'x');
    EXPECT_EQ(write(made->fd().get(), &header, sizeof header), static_cast<ssize_t>(sizeof header));
    EXPECT_EQ(pwrite(made->fd().get(), content.data(), content.size() - 4096, 4096),
              static_cast<ssize_t>(content.size() - 4096));
    EXPECT_TRUE(made->seal(1 << 30).has_value());
    return made;
  }
  std::int64_t metric(const std::string& name) {
    return metrics.counter("kiln_snapstart_" + name).value();
  }

  FakeClock clock;
  Metrics metrics;
  SnapshotStore store{clock, metrics, 3 * kMb};
};

TEST_F(SnapshotStoreTest, WhatIsMissingIsMadeAgain) {
  int asked = 0;
  store.on_missing([&](const lambda::FunctionVersionPtr&) { ++asked; });
  EXPECT_FALSE(store.find(*version("a")).file);
  EXPECT_FALSE(store.find(*version("a")).reason.empty());
  store.want(version("a"));
  store.want(version("a"));
  EXPECT_EQ(asked, 2);
  store.keep(*version("a"), file(kMb), "token");
  const Snapshot found = store.find(*version("a"));
  EXPECT_TRUE(found.file);
  EXPECT_EQ(found.token, "token");
  store.want(version("a"));
  EXPECT_FALSE(store.find(*version("b")).file);  // another deployment
  store.refuse(*version("b"), "it has 2 threads");
  EXPECT_EQ(store.find(*version("b")).reason, "it has 2 threads");
  store.want(version("b"));
  EXPECT_EQ(asked, 2);
}

TEST_F(SnapshotStoreTest, TheLeastRecentlyUsedGivesWay) {
  for (const char* each : {"a", "b", "c"}) {
    store.keep(*version(each), file(kMb), "");
    clock.advance_ms(1);
  }
  EXPECT_EQ(metric("snapshots"), 3);
  EXPECT_EQ(metric("snapshot_bytes"), 3 * kMb);
  EXPECT_TRUE(store.find(*version("a")).file);
  clock.advance_ms(1);
  store.keep(*version("d"), file(kMb), "");
  EXPECT_FALSE(store.find(*version("b")).file);
  EXPECT_TRUE(store.find(*version("a")).file);
  EXPECT_EQ(metric("snapshots"), 3);
  EXPECT_EQ(metric("snapshots_evicted_total"), 1);
}

TEST_F(SnapshotStoreTest, ASecondOneOfNoUseIsTheLast) {
  store.keep(*version("a"), file(kMb), "");
  store.drop(*version("a"));
  EXPECT_EQ(metric("snapshot_bytes"), 0);
  int asked = 0;
  store.on_missing([&](const lambda::FunctionVersionPtr&) { ++asked; });
  store.want(version("a"));
  EXPECT_EQ(asked, 1);
  store.keep(*version("a"), file(kMb), "");
  store.drop(*version("a"));
  EXPECT_EQ(store.find(*version("a")).reason, "its snapshots could not be restored");
  store.want(version("a"));
  EXPECT_EQ(asked, 1);
}

TEST(SnapshotFile, IsSealedAndSaysWhyItIsNone) {
  auto made = *sandbox::SnapshotFile::create();
  EXPECT_EQ(made->seal(kMb).error().message, "the runtime made none");
  made = *sandbox::SnapshotFile::create();
  snapshot::Header header{.magic = snapshot::kMagic, .state = snapshot::State::kRefused};
  std::snprintf(header.reason, sizeof header.reason, "it has\n2 threads");
  EXPECT_EQ(write(made->fd().get(), &header, sizeof header), static_cast<ssize_t>(sizeof header));
  EXPECT_EQ(made->seal(kMb).error().message, "it has?2 threads");
  EXPECT_LT(write(made->fd().get(), "x", 1), 0);
  EXPECT_NE(ftruncate(made->fd().get(), 0), 0);
}

}  // namespace
}  // namespace kiln::invoke
