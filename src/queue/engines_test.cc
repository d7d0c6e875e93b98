// SPDX-License-Identifier: Apache-2.0
// Two queues on one database, as two servers have them: what the queue promises holds on every
// engine of the store.
#include "queue/store_queue.h"
#include "queue/structure_for_test.h"
#include "store/memory/memory_store.h"
#include "store/postgres/postgres_store.h"
#include "store/postgres/server_for_test.h"
#include "store/rocksdb/rocksdb_store.h"

#include <optional>
#include <vector>

namespace kiln::queue {
namespace {

using store::StoreWorld;
using store::postgres::ServerForTest;

std::unique_ptr<store::Store> open_memory(StoreWorld& world) {
  return store::make_memory_store(world.clock, world.loop);
}

std::unique_ptr<store::Store> open_rocksdb(StoreWorld& world) {
  auto opened = store::open_rocksdb_store(world.directory.path() + "/db", world.loop, world.pool,
                                          world.clock, world.metrics);
  EXPECT_TRUE(opened) << opened.error().message;
  return opened ? std::move(*opened) : nullptr;
}

std::unique_ptr<store::Store> open_postgres(StoreWorld& world) {
  static SystemRandom random;
  const std::string schema = std::filesystem::path(world.directory.path()).filename();
  auto opened = store::open_postgres_store({.url = ServerForTest::instance().url(schema)},
                                           world.loop, world.clock, random, world.metrics);
  EXPECT_TRUE(opened) << opened.error().message;
  return opened ? std::move(*opened) : nullptr;
}

Task<Status> stopped(StoreQueue& queue) {
  auto stopping = queue.stop();
  co_await stopping;
  co_return Status{};
}

struct Engine {
  std::string name;
  std::unique_ptr<store::Store> (*open)(StoreWorld&);
  bool shared = false;  // two stores can be open on one database
};

class QueueOnEngines : public testing::TestWithParam<Engine> {
 protected:
  void SetUp() override {
    if (GetParam().name == "postgres" && !ServerForTest::missing().empty()) {
      GTEST_SKIP() << ServerForTest::missing();
    }
    first_ = GetParam().open(world_);
    if (GetParam().shared) second_ = GetParam().open(world_);
    here_.emplace(*first_, world_.loop, world_.clock, random_, world_.metrics, faults_,
                  StoreQueueOptions{.other_nodes = true});
    there_.emplace(second_ ? *second_ : *first_, world_.loop, world_.clock, random_, world_.metrics,
                   faults_, StoreQueueOptions{.other_nodes = true});
  }
  void TearDown() override {
    for (auto* queue : {&here_, &there_}) {
      if (*queue) EXPECT_TRUE(await(stopped(**queue)));
      queue->reset();
    }
    for (auto* store : {&first_, &second_}) {
      if (*store) EXPECT_TRUE(await((*store)->close()));
    }
  }
  template <class T>
  T await(Task<T> task) {
    return store::await_on(world_.loop, std::move(task));
  }

  std::vector<Lease> claim(StoreQueue& node, ClaimOptions options) {
    auto leases = await(node.claim(kQueue, std::move(options)));
    EXPECT_TRUE(leases) << leases.error().message;
    return leases ? std::move(*leases) : std::vector<Lease>{};
  }
  std::string counts(StoreQueue& node, const QueueId& queue) {
    const auto counts = await(node.counts(queue));
    if (!counts) return counts.error().message;
    return std::to_string(counts->visible) + "/" + std::to_string(counts->delayed) + "/" +
           std::to_string(counts->leased);
  }
  std::string structure() {
    const auto range = store::prefix_range(kQueue);
    const auto all = await(first_->scan(range));
    if (!all) return all.error().message;
    return Records::of(kQueue, *all).failure(kQueue, world_.clock.wall().ms, 0);
  }

  const QueueId kQueue = store::key("000000000000", "us-east-1", "engines", "q");
  const QueueId kDeadLetters = store::key("000000000000", "us-east-1", "engines", "dead");
  StoreWorld world_;
  SeededRandom random_{1};
  FaultPoints faults_;
  std::unique_ptr<store::Store> first_;
  std::unique_ptr<store::Store> second_;
  std::optional<StoreQueue> here_;
  std::optional<StoreQueue> there_;
};

TEST_P(QueueOnEngines, an_item_goes_from_one_node_to_the_other) {
  const std::string body(kMaxPayloadBytes, 'b');
  ASSERT_TRUE(await(here_->send(kQueue, {{.payload = "a"}, {.payload = body}})));
  const auto first = claim(*there_, {.max = 10, .lease_ms = 10'000});
  ASSERT_EQ(first.size(), 2u);
  EXPECT_EQ(counts(*here_, kQueue), "0/0/2");
  EXPECT_TRUE(claim(*here_, {.max = 10}).empty());
  // The lease ends: the other node has the items, and the first one's tokens are worthless.
  world_.clock.advance_ms(10'000);
  const auto second = claim(*here_, {.max = 10, .lease_ms = 10'000});
  ASSERT_EQ(second.size(), 2u);
  EXPECT_EQ(second[0].item.attempts, 2);
  for (const Lease& lease : first) {
    const Status done = await(there_->done(kQueue, lease.token));
    EXPECT_TRUE(!done && done.error().code == ErrorCode::kConflict);
  }
  EXPECT_EQ(structure(), "");
  for (const Lease& lease : second) {
    if (lease.item.payload == "a") {
      EXPECT_TRUE(await(here_->release(kQueue, lease.token, {})));
    } else {
      EXPECT_EQ(lease.item.payload, body);
      EXPECT_TRUE(await(here_->bury(kQueue, lease.token, kDeadLetters)));
    }
  }
  EXPECT_EQ(counts(*there_, kDeadLetters), "1/0/0");
  const auto third = claim(*there_, {.max = 10, .lease_ms = 10'000, .max_attempts = 3});
  ASSERT_EQ(third.size(), 1u);
  const Timestamp later{world_.clock.wall().ms + 60'000};
  EXPECT_TRUE(await(there_->change_visibility(kQueue, third[0].token, later)));
  world_.clock.advance_ms(59'999);
  EXPECT_TRUE(claim(*here_, {.max = 10}).empty());
  world_.clock.advance_ms(1);
  EXPECT_TRUE(claim(*here_, {.max = 10, .max_attempts = 3, .dead_letter = kDeadLetters}).empty());
  EXPECT_EQ(counts(*here_, kQueue), "0/0/0");
  EXPECT_EQ(counts(*here_, kDeadLetters), "2/0/0");
  EXPECT_TRUE(await(here_->purge(kDeadLetters, {world_.clock.wall().ms + 1})));
  EXPECT_TRUE(await(first_->scan({.begin = "\x01"}))->empty());
}

TEST_P(QueueOnEngines, a_group_is_claimed_in_order_by_one_node_at_a_time) {
  std::vector<Message> messages;
  for (int i = 0; i < 5; ++i) messages.push_back({.payload = std::to_string(i), .group = "g"});
  ASSERT_TRUE(await(here_->send(kQueue, messages)));
  const auto head = claim(*there_, {.max = 2, .lease_ms = 60'000});
  ASSERT_EQ(head.size(), 2u);
  EXPECT_EQ(head[0].item.payload + head[1].item.payload, "01");
  EXPECT_TRUE(claim(*here_, {.max = 10}).empty());
  EXPECT_TRUE(await(there_->done(kQueue, head[0].token)));
  EXPECT_TRUE(claim(*here_, {.max = 10}).empty());
  EXPECT_EQ(counts(*here_, kQueue), "3/0/1");
  EXPECT_TRUE(await(there_->release(kQueue, head[1].token, {})));
  EXPECT_EQ(structure(), "");
  // Later than a node looks by itself, whatever the watch has told.
  world_.clock.advance_ms(kClockSkewMs + 1);
  const auto rest = claim(*here_, {.max = 10, .lease_ms = 10'000});
  ASSERT_EQ(rest.size(), 4u);
  EXPECT_EQ(rest.front().item.payload, "1");
  EXPECT_TRUE(await(here_->bury(kQueue, rest.front().token, kDeadLetters)));
  for (std::size_t i = 1; i < rest.size(); ++i) {
    EXPECT_TRUE(await(here_->done(kQueue, rest[i].token)));
  }
  EXPECT_EQ(counts(*there_, kQueue), "0/0/0");
  EXPECT_EQ(counts(*there_, kDeadLetters), "1/0/0");
  EXPECT_EQ(structure(), "");
}

INSTANTIATE_TEST_SUITE_P(Engines, QueueOnEngines,
                         testing::Values(Engine{"memory", open_memory},
                                         Engine{"rocksdb", open_rocksdb},
                                         Engine{"postgres", open_postgres, true}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace kiln::queue
