// SPDX-License-Identifier: Apache-2.0
#include "store/rocksdb/rocksdb_store.h"

#include "async/gate.h"
#include "store/conformance.h"

namespace kiln::store {
namespace {

std::unique_ptr<Store> open(StoreWorld& world) {
  auto store = open_rocksdb_store(world.directory.path() + "/db", world.loop, world.pool,
                                  world.clock, world.metrics);
  EXPECT_TRUE(store) << store.error().message;
  return store ? std::move(*store) : nullptr;
}

INSTANTIATE_TEST_SUITE_P(Rocksdb, StoreConformance,
                         testing::Values(StoreEngine{"rocksdb", true, open}), engine_name);

TEST(RocksdbStore, RefusesASecondOwnerOfTheDirectory) {
  StoreWorld world;
  const auto store = open(world);
  const auto second = open_rocksdb_store(world.directory.path() + "/db", world.loop, world.pool,
                                         world.clock, world.metrics);
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message.find("another kiln"), std::string::npos)
      << second.error().message;
}

TEST(RocksdbStore, NamesTheDirectoryItCannotMake) {
  StoreWorld world;
  const auto store =
      open_rocksdb_store("/proc/nowhere/db", world.loop, world.pool, world.clock, world.metrics);
  ASSERT_FALSE(store);
  EXPECT_NE(store.error().message.find("/proc/nowhere"), std::string::npos)
      << store.error().message;
}

Task<void> put_one(Store& store, Gate& gate, int number, int& succeeded) {
  const auto pass = gate.enter();
  Batch batch;
  batch.put("k" + std::to_string(number), "v");
  auto committed = store.commit(std::move(batch));
  const Status status = co_await committed;
  if (status) ++succeeded;
}

Task<void> put_together(Store& store, int writers, int& succeeded) {
  Gate gate;
  for (int i = 0; i < writers; ++i) spawn(put_one(store, gate, i, succeeded));
  auto closed = gate.closed();
  co_await closed;
}

TEST(RocksdbStore, WaitingCommitsShareASync) {
  StoreWorld world;
  const auto store = open(world);
  int succeeded = 0;
  world.loop.run_until_complete(put_together(*store, 500, succeeded));
  EXPECT_EQ(succeeded, 500);
  EXPECT_EQ(world.metrics.counter("kiln_store_commits_total").value(), 500);
  EXPECT_LT(world.metrics.counter("kiln_store_syncs_total").value(), 250);
}

TEST(RocksdbStore, RefusesCommitsPastItsQueue) {
  StoreWorld world;
  const auto store = open(world);
  int succeeded = 0;
  // All are submitted in one turn of the loop; the committer drains some meanwhile.
  world.loop.run_until_complete(put_together(*store, 40'000, succeeded));
  const auto rejected = world.metrics.counter("kiln_store_commits_rejected_total").value();
  EXPECT_EQ(succeeded + rejected, 40'000);
}

TEST(RocksdbStore, SmallReadsAreServedFromMemory) {
  StoreWorld world;
  const auto store = open(world);
  int succeeded = 0;
  world.loop.run_until_complete(put_together(*store, 10, succeeded));
  EXPECT_TRUE(await_on(world.loop, store->read("k3")));
  EXPECT_TRUE(await_on(world.loop, store->scan({})));
  EXPECT_EQ(world.metrics.counter("kiln_store_reads_in_memory_total").value(), 2);
  EXPECT_EQ(world.metrics.counter("kiln_store_reads_on_pool_total").value(), 0);
}

}  // namespace
}  // namespace kiln::store
