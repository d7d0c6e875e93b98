// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/postgres_store.h"

#include "base/random.h"
#include "store/conformance.h"
#include "store/postgres/server_for_test.h"

namespace kiln::store {
namespace {

using postgres::ServerForTest;

Random& test_random() {
  static SystemRandom random;
  return random;
}

std::string schema_of(const StoreWorld& world) {
  return std::filesystem::path(world.directory.path()).filename();
}

std::unique_ptr<Store> open_url(StoreWorld& world, PostgresOptions options) {
  auto store = open_postgres_store(std::move(options), world.loop, world.clock, test_random(),
                                   world.metrics);
  EXPECT_TRUE(store) << store.error().message;
  return store ? std::move(*store) : nullptr;
}

std::unique_ptr<Store> open(StoreWorld& world) {
  return open_url(world, {.url = ServerForTest::instance().url(schema_of(world))});
}

std::vector<StoreEngine> engines() {
  if (!ServerForTest::missing().empty()) return {};
  return {StoreEngine{"postgres", true, open}};
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(StoreConformance);
INSTANTIATE_TEST_SUITE_P(Postgres, StoreConformance, testing::ValuesIn(engines()), engine_name);

class PostgresStore : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string reason = ServerForTest::missing(); !reason.empty()) {
      GTEST_SKIP() << reason;
    }
  }
  // Runs the loop until `done` or for two seconds.
  template <class F>
  bool eventually(F done) {
    for (int tries = 0; tries < 400 && !done(); ++tries) {
      world_.clock.advance_ms(250);
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      world_.loop.run_until_complete(turn(world_.loop));
    }
    return done();
  }
  static Task<void> turn(Executor& executor) { co_await resume_on(executor); }
  Status put(Store& store, std::string key, std::string value) {
    return await_on(world_.loop, store.commit(Batch().put(std::move(key), std::move(value))));
  }

  StoreWorld world_;
};

TEST(PostgresUrl, IsDescribedWithoutItsPassword) {
  EXPECT_EQ(*describe_postgres_url("postgres://me:secret@db.example:5433/kiln?sslmode=require"),
            "postgres://db.example:5433/kiln");
  for (const char* unreadable : {"postgres://me:secret@db:port:x/kiln",
                                 "postgres://me:x@secret@db/kiln", "postgres://me:x/secret@db/kiln",
                                 "postgres://me:1/secret@db/kiln", "mysql://me:secret@db/x"}) {
    const auto refused = describe_postgres_url(unreadable);
    ASSERT_FALSE(refused) << unreadable;
    EXPECT_EQ(refused.error().message.find("secret"), std::string::npos);
  }
  EXPECT_FALSE(describe_postgres_url("dbname=kiln password=secret"));
}

TEST_F(PostgresStore, NamesTheServerThatDoesNotAnswer) {
  const auto store =
      open_postgres_store({.url = "postgres://me:secret@127.0.0.1:1/kiln", .patience_ms = 50},
                          world_.loop, world_.clock, test_random(), world_.metrics);
  ASSERT_FALSE(store);
  EXPECT_NE(store.error().message.find("127.0.0.1"), std::string::npos) << store.error().message;
  EXPECT_EQ(store.error().message.find("secret"), std::string::npos) << store.error().message;
}

TEST_F(PostgresStore, RefusesTablesOfANewerKiln) {
  auto& server = ServerForTest::instance();
  ASSERT_TRUE(open(world_));
  const std::string schema = schema_of(world_);
  ASSERT_EQ(server.execute("UPDATE \"" + schema + "\".kiln_meta SET value = '1000'"), "");
  const auto store = open_postgres_store({.url = server.url(schema)}, world_.loop, world_.clock,
                                         test_random(), world_.metrics);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::kInvalidArgument);
}

TEST_F(PostgresStore, ServersThatStartTogetherShareTheTables) {
  const std::string url = ServerForTest::instance().url(schema_of(world_));
  std::vector<std::thread> threads;
  std::atomic<int> opened = 0;
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([&url, &opened] {
      StoreWorld world;
      if (open_url(world, {.url = url})) ++opened;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(opened, 6);
}

TEST_F(PostgresStore, AWatchHearsOfAnotherServersCommit) {
  const auto here = open(world_);
  StoreWorld other_world;
  const auto there =
      open_url(other_world, {.url = ServerForTest::instance().url(schema_of(world_))});
  int calls = 0, others = 0;
  const auto watch = here->watch("a/", world_.loop, [&calls] { ++calls; });
  const auto other = here->watch("b/", world_.loop, [&others] { ++others; });
  ASSERT_TRUE(await_on(other_world.loop, there->commit(Batch().put("a/1", "x"))));
  EXPECT_TRUE(eventually([&calls] { return calls == 1; }));
  Batch large;  // more keys than a row of the log names
  for (int i = 0; i < 1'000; ++i) large.put("b/" + std::to_string(10'000'000 + i), "x");
  ASSERT_TRUE(await_on(other_world.loop, there->commit(large)));
  EXPECT_TRUE(eventually([&others] { return others >= 1; }));
  const int before = calls;
  for (int i = 0; i < 30; ++i) eventually([] { return true; });
  EXPECT_LE(calls, before + 1);  // told once, though every poll reads it again
}

TEST_F(PostgresStore, ThePollsDoNotGrowWithTheWatches) {
  const auto store = open(world_);
  std::vector<std::unique_ptr<Watch>> watches;
  for (int i = 0; i < 1'000; ++i) {
    watches.push_back(store->watch("w/" + std::to_string(i), world_.loop, [] {}));
  }
  auto& polls = world_.metrics.counter("kiln_store_postgres_polls_total");
  ASSERT_TRUE(eventually([&polls] { return polls.value() > 0; }));
  const auto before = polls.value();
  eventually([] { return true; });
  world_.clock.advance_ms(250);
  EXPECT_LE(polls.value(), before + 2);
}

TEST_F(PostgresStore, SnapshotsBeyondTheBoundWaitForRoom) {
  auto options =
      PostgresOptions{.url = ServerForTest::instance().url(schema_of(world_)), .max_snapshots = 2};
  const auto store = open_url(world_, options);
  auto first = *await_on(world_.loop, store->snapshot());
  auto second = *await_on(world_.loop, store->snapshot());
  std::optional<Result<SnapshotPtr>> third;
  spawn(detail::keep_result(store->snapshot(), third));
  EXPECT_FALSE(third);
  first.reset();
  ASSERT_TRUE(eventually([&third] { return third.has_value(); }));
  EXPECT_TRUE(*third) << third->error().message;
}

TEST_F(PostgresStore, OldSnapshotsGiveTheirConnectionBack) {
  const auto store = open(world_);
  const auto at = *await_on(world_.loop, store->snapshot());
  world_.clock.advance_ms(kSnapshotLifetimeMs + 1);
  EXPECT_EQ(world_.metrics.counter("kiln_store_postgres_snapshots").value(), 0);
  auto& server = ServerForTest::instance();
  EXPECT_TRUE(eventually([&server] {
    return server.value("SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in%'") == "0";
  }));
}

TEST_F(PostgresStore, EndedConnectionsAreReplaced) {
  const auto store = open(world_);
  ASSERT_TRUE(put(*store, "k", "1"));
  const auto at = *await_on(world_.loop, store->snapshot());
  ASSERT_EQ(
      ServerForTest::instance().execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                                        "WHERE application_name = 'kiln'"),
      "");
  ASSERT_TRUE(put(*store, "k", "2"));
  EXPECT_EQ((*await_on(world_.loop, store->read("k")))->value, "2");
  const auto lost = await_on(world_.loop, store->read("k", at));
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code, ErrorCode::kTimeout);
}

TEST_F(PostgresStore, ExpiredIdempotencyKeysAreDeleted) {
  const auto store = open(world_);
  Batch batch;
  batch.put("k", "1").idempotency_key = "once";
  ASSERT_TRUE(await_on(world_.loop, store->commit(batch)));
  world_.clock.advance_ms(16 * 60 * 1'000);
  auto& server = ServerForTest::instance();
  const std::string count = "SELECT count(*) FROM \"" + schema_of(world_) + "\".kiln_idempotency";
  EXPECT_TRUE(eventually([&] { return server.value(count) == "0"; }));
}

}  // namespace
}  // namespace kiln::store
