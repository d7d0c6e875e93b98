// SPDX-License-Identifier: Apache-2.0
#include "store/conformance.h"

#include "async/gate.h"
#include "base/random.h"
#include "store/engine.h"
#include "store/retry.h"

#include <algorithm>
#include <map>

namespace kiln::store {
namespace {

ErrorCode code_of(const auto& result) {
  return result ? ErrorCode::kInternal : result.error().code;
}

Task<void> turn(Executor& executor) { co_await resume_on(executor); }

}  // namespace

void StoreConformance::settle() { world_.loop.run_until_complete(turn(world_.loop)); }

Status StoreConformance::put(std::string key, std::string value) {
  Batch batch;
  batch.put(std::move(key), std::move(value));
  return await(store_->commit(std::move(batch)));
}

std::optional<Entry> StoreConformance::get(std::string key, SnapshotPtr at) {
  auto found = await(store_->read(std::move(key), std::move(at)));
  EXPECT_TRUE(found) << found.error().message;
  return found ? *found : std::nullopt;
}

std::string StoreConformance::scan(Range range, SnapshotPtr at) {
  auto found = await(store_->scan(std::move(range), std::move(at)));
  if (!found) return found.error().message;
  std::string out;
  for (const Entry& entry : *found) {
    if (!out.empty()) out += ' ';
    out += entry.key + '=' + entry.value;
  }
  return out;
}

TEST_P(StoreConformance, AnAbsentKeyReadsAsNothing) { EXPECT_FALSE(get("nothing")); }

TEST_P(StoreConformance, ReadsWhatWasCommitted) {
  ASSERT_TRUE(put("k", "v"));
  const auto entry = get("k");
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->key, "k");
  EXPECT_EQ(entry->value, "v");
  EXPECT_FALSE(entry->version.empty());
}

TEST_P(StoreConformance, KeysAndValuesAreAnyBytes) {
  const std::string key("\0\xFF\n", 3);
  const std::string value("\xFF\0", 2);
  ASSERT_TRUE(put(key, value));
  ASSERT_TRUE(put("empty", ""));
  EXPECT_EQ(get(key)->value, value);
  EXPECT_EQ(get("empty")->value, "");
}

TEST_P(StoreConformance, EveryWriteChangesTheVersion) {
  ASSERT_TRUE(put("k", "same"));
  const auto first = get("k");
  ASSERT_TRUE(put("k", "same"));
  EXPECT_NE(first->version, get("k")->version);
}

TEST_P(StoreConformance, AVersionIsNotUsedAgainAfterErase) {
  ASSERT_TRUE(put("k", "v"));
  const Version old = get("k")->version;
  ASSERT_TRUE(await(store_->commit(Batch().erase("k"))));
  EXPECT_FALSE(get("k"));
  ASSERT_TRUE(put("k", "v"));
  EXPECT_NE(get("k")->version, old);
}

TEST_P(StoreConformance, ABatchWritesAllOrNothing) {
  ASSERT_TRUE(put("guard", "1"));
  Batch refused;
  refused.put("a", "1").check_absent("guard").put("b", "2");
  EXPECT_EQ(code_of(await(store_->commit(refused))), ErrorCode::kConflict);
  EXPECT_EQ(scan({}), "guard=1");
  Batch taken;
  taken.check("guard", get("guard")->version).put("a", "1").put("b", "2").erase("guard");
  ASSERT_TRUE(await(store_->commit(taken)));
  EXPECT_EQ(scan({}), "a=1 b=2");
}

TEST_P(StoreConformance, TheLastWriteOfAKeyInABatchWins) {
  ASSERT_TRUE(await(store_->commit(Batch().put("k", "1").erase("k").put("k", "2"))));
  EXPECT_EQ(get("k")->value, "2");
  ASSERT_TRUE(await(store_->commit(Batch().put("k", "3").erase("k"))));
  EXPECT_FALSE(get("k"));
}

TEST_P(StoreConformance, ACheckOfAnOldVersionConflicts) {
  ASSERT_TRUE(put("k", "1"));
  const Version old = get("k")->version;
  ASSERT_TRUE(put("k", "2"));
  EXPECT_EQ(code_of(await(store_->commit(Batch().check("k", old).put("k", "3")))),
            ErrorCode::kConflict);
  EXPECT_EQ(get("k")->value, "2");
}

TEST_P(StoreConformance, ACheckOfAnErasedKeyConflicts) {
  ASSERT_TRUE(put("k", "1"));
  const Version old = get("k")->version;
  ASSERT_TRUE(await(store_->commit(Batch().erase("k"))));
  EXPECT_EQ(code_of(await(store_->commit(Batch().check("k", old).put("k", "2")))),
            ErrorCode::kConflict);
  EXPECT_TRUE(await(store_->commit(Batch().check_absent("k").put("k", "2"))));
}

TEST_P(StoreConformance, ABatchOfChecksOnlyAnswersThem) {
  EXPECT_TRUE(await(store_->commit(Batch().check_absent("k"))));
  ASSERT_TRUE(put("k", "1"));
  EXPECT_EQ(code_of(await(store_->commit(Batch().check_absent("k")))), ErrorCode::kConflict);
  EXPECT_TRUE(await(store_->commit(Batch())));
}

TEST_P(StoreConformance, ErasingAnAbsentKeyIsFine) {
  EXPECT_TRUE(await(store_->commit(Batch().erase("k"))));
  EXPECT_FALSE(get("k"));
}

TEST_P(StoreConformance, ScansARangeInBothDirections) {
  ASSERT_TRUE(await(store_->commit(
      Batch().put("d", "4").put("a", "1").put("c", "3").put("b", "2").put("b\x01", "5"))));
  EXPECT_EQ(scan({.begin = "b", .end = "d"}), "b=2 b\x01=5 c=3");
  EXPECT_EQ(scan({.begin = "b", .end = "d", .reverse = true}), "c=3 b\x01=5 b=2");
  EXPECT_EQ(scan({.begin = "c"}), "c=3 d=4");
  EXPECT_EQ(scan({.end = "b"}), "a=1");
  EXPECT_EQ(scan({.begin = "c", .end = "a"}), "");
  EXPECT_EQ(scan(prefix_range("b")), "b=2 b\x01=5");
}

TEST_P(StoreConformance, AScanEndsAtItsLimit) {
  Batch batch;
  for (int i = 0; i < 1'200; ++i) batch.put("k" + std::to_string(10'000 + i), "v");
  ASSERT_TRUE(await(store_->commit(batch)));
  EXPECT_EQ(scan({.limit = 2}), "k10000=v k10001=v");
  EXPECT_EQ(scan({.limit = 2, .reverse = true}), "k11199=v k11198=v");
  EXPECT_EQ(await(store_->scan({}))->size(), kMaxScanEntries);
  EXPECT_EQ(await(store_->scan({.limit = 5'000}))->size(), kMaxScanEntries);
  EXPECT_EQ(await(store_->scan({.limit = 0}))->size(), 0u);
}

TEST_P(StoreConformance, AScanCrossesManyErasedKeys) {
  Batch batch;
  for (int i = 0; i < 1'000; ++i) batch.put("k" + std::to_string(10'000 + i), "v");
  ASSERT_TRUE(await(store_->commit(batch)));
  for (Write& write : batch.writes) write.value.reset();
  batch.writes.pop_back();
  ASSERT_TRUE(await(store_->commit(batch)));
  EXPECT_EQ(scan({}), "k10999=v");
}

TEST_P(StoreConformance, ScansLargeValues) {
  const std::string large(kMaxValueBytes, 'x');
  for (const char* key : {"a", "b", "c"}) ASSERT_TRUE(put(key, large));
  const auto found = await(store_->scan({}));
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 3u);
  EXPECT_EQ(found->back().value, large);
}

TEST_P(StoreConformance, ASnapshotSeesOneMoment) {
  ASSERT_TRUE(await(store_->commit(Batch().put("a", "1").put("b", "1"))));
  const SnapshotPtr before = *await(store_->snapshot());
  ASSERT_TRUE(await(store_->commit(Batch().put("a", "2").erase("b").put("c", "2"))));
  const SnapshotPtr between = *await(store_->snapshot());
  ASSERT_TRUE(await(store_->commit(Batch().erase("a"))));
  EXPECT_EQ(scan({}, before), "a=1 b=1");
  EXPECT_EQ(scan({.reverse = true}, between), "c=2 a=2");
  EXPECT_EQ(scan({}), "c=2");
  EXPECT_EQ(get("a", before)->value, "1");
  EXPECT_NE(get("a", before)->version, get("a", between)->version);
  EXPECT_FALSE(get("c", before));
}

TEST_P(StoreConformance, AnOldSnapshotIsRefused) {
  ASSERT_TRUE(put("a", "1"));
  const SnapshotPtr at = *await(store_->snapshot());
  world_.clock.advance_ms(kSnapshotLifetimeMs);
  EXPECT_TRUE(await(store_->read("a", at)));
  world_.clock.advance_ms(1);
  EXPECT_EQ(code_of(await(store_->read("a", at))), ErrorCode::kTimeout);
  EXPECT_TRUE(await(store_->snapshot()));  // an engine may drop old ones here
  EXPECT_EQ(code_of(await(store_->scan({}, at))), ErrorCode::kTimeout);
}

TEST_P(StoreConformance, RefusesWhatIsTooLarge) {
  const std::string large_key(kMaxKeyBytes + 1, 'k');
  EXPECT_EQ(code_of(put(large_key, "v")), ErrorCode::kLimitExceeded);
  EXPECT_EQ(code_of(put("k", std::string(kMaxValueBytes + 1, 'v'))), ErrorCode::kLimitExceeded);
  EXPECT_EQ(code_of(put("", "v")), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of(await(store_->commit(Batch().check_absent(large_key)))),
            ErrorCode::kLimitExceeded);
  Batch batch;
  for (int i = 0; i < 32; ++i) batch.put(std::to_string(i), std::string(kMaxValueBytes, 'v'));
  EXPECT_EQ(code_of(await(store_->commit(batch))), ErrorCode::kLimitExceeded);
  EXPECT_EQ(scan({}), "");
  EXPECT_TRUE(put(std::string(kMaxKeyBytes, 'k'), std::string(kMaxValueBytes, 'v')));
}

TEST_P(StoreConformance, ARepeatWithTheSameIdempotencyKeyIsNotAppliedAgain) {
  Batch batch;
  batch.check_absent("k").put("k", "1");
  batch.idempotency_key = "once";
  ASSERT_TRUE(await(store_->commit(batch)));
  const Version version = get("k")->version;
  EXPECT_TRUE(await(store_->commit(batch)));
  EXPECT_EQ(get("k")->version, version);
  world_.clock.advance_ms(10 * 60 * 1'000);
  EXPECT_TRUE(await(store_->commit(batch)));
  EXPECT_EQ(scan({}), "k=1");  // the engine's own keys do not show
}

TEST_P(StoreConformance, AnIdempotencyKeyIsForgottenAtLast) {
  Batch batch;
  batch.check_absent("k").put("k", "1");
  batch.idempotency_key = "once";
  ASSERT_TRUE(await(store_->commit(batch)));
  world_.clock.advance_ms(kIdempotencyLifetimeMs + 1);
  EXPECT_EQ(code_of(await(store_->commit(batch))), ErrorCode::kConflict);
}

TEST_P(StoreConformance, ARefusedCommitDoesNotUseUpItsIdempotencyKey) {
  ASSERT_TRUE(put("guard", "1"));
  Batch batch;
  batch.check_absent("guard").put("k", "1");
  batch.idempotency_key = "once";
  EXPECT_EQ(code_of(await(store_->commit(batch))), ErrorCode::kConflict);
  ASSERT_TRUE(await(store_->commit(Batch().erase("guard"))));
  EXPECT_TRUE(await(store_->commit(batch)));
  EXPECT_EQ(get("k")->value, "1");
}

TEST_P(StoreConformance, AWatchHearsOfWritesUnderItsPrefix) {
  int calls = 0;
  auto watch = store_->watch("a/", world_.loop, [&calls] { ++calls; });
  ASSERT_TRUE(put("b/1", "x"));
  ASSERT_TRUE(put("a", "x"));
  settle();
  EXPECT_EQ(calls, 0);
  ASSERT_TRUE(put("a/1", "x"));
  settle();
  EXPECT_EQ(calls, 1);
  ASSERT_TRUE(await(store_->commit(Batch().erase("a/1"))));
  settle();
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(code_of(await(store_->commit(Batch().check("a/1", "x").put("a/1", "")))),
            ErrorCode::kConflict);
  settle();
  EXPECT_EQ(calls, 2);
  watch.reset();
  ASSERT_TRUE(put("a/1", "x"));
  settle();
  EXPECT_EQ(calls, 2);
}

TEST_P(StoreConformance, WatchesOfNestedPrefixesAllHear) {
  std::string heard;
  auto all = store_->watch("", world_.loop, [&heard] { heard += 'a'; });
  auto wide = store_->watch("x", world_.loop, [&heard] { heard += 'w'; });
  auto exact = store_->watch("x/y", world_.loop, [&heard] { heard += 'e'; });
  auto twin = store_->watch("x/y", world_.loop, [&heard] { heard += 't'; });
  ASSERT_TRUE(put("x/y", "1"));
  settle();
  std::ranges::sort(heard);
  EXPECT_EQ(heard, "aetw");
}

namespace {

struct Swarm {
  Store& store;
  Gate gate;
  int failures = 0;
};

Task<Status> increment(Store& store, std::string key) {
  KILN_CO_TRY(const std::optional<Entry> entry, co_await store.read(key));
  Batch batch;
  batch.check(key, entry ? std::optional(entry->version) : std::nullopt);
  batch.put(key, std::to_string(entry ? std::stoi(entry->value) + 1 : 1));
  auto committed = store.commit(std::move(batch));
  co_return co_await committed;
}

Task<void> increment_often(Swarm& swarm, std::string key, int times) {
  const auto pass = swarm.gate.enter();
  for (int i = 0; i < times; ++i) {
    auto attempt = [&swarm, &key] { return increment(swarm.store, key); };
    auto task = retry_on_conflict(attempt);
    const Status status = co_await task;
    if (!status) ++swarm.failures;
  }
}

Task<void> run_swarm(Swarm& swarm, int writers, int times) {
  for (int i = 0; i < writers; ++i) spawn(increment_often(swarm, "counter", times));
  auto closed = swarm.gate.closed();
  co_await closed;
}

}  // namespace

// 175 commits of the other writers are the most that one can lose to: within retry_on_conflict's
// bound.
TEST_P(StoreConformance, ConcurrentIncrementsLoseNothing) {
  Swarm swarm{*store_, {}};
  world_.loop.run_until_complete(run_swarm(swarm, 8, 25));
  EXPECT_EQ(swarm.failures, 0);
  EXPECT_EQ(get("counter")->value, "200");
}

TEST_P(StoreConformance, AgreesWithAModelOverARandomRun) {
  SeededRandom random(11);
  std::map<std::string, std::string> model;
  for (int i = 0; i < 300; ++i) {
    Batch batch;
    batch.durability = Durability::kBuffered;
    for (std::uint64_t n = random.next_u64() % 4; n > 0; --n) {
      const std::string key(1, static_cast<char>('a' + random.next_u64() % 8));
      if (random.next_u64() % 3 == 0) {
        batch.erase(key);
        model.erase(key);
      } else {
        batch.put(key, std::to_string(i));
        model[key] = std::to_string(i);
      }
    }
    ASSERT_TRUE(await(store_->commit(batch)));
    std::string expected;
    for (const auto& [key, value] : model)
      expected += (expected.empty() ? "" : " ") + key + "=" + value;
    ASSERT_EQ(scan({}), expected) << "step " << i;
  }
}

TEST_P(StoreConformance, AClosedStoreRefusesEverything) {
  ASSERT_TRUE(put("k", "v"));
  const SnapshotPtr at = *await(store_->snapshot());
  ASSERT_TRUE(await(store_->close()));
  EXPECT_EQ(code_of(put("k", "v")), ErrorCode::kClosed);
  EXPECT_EQ(code_of(await(store_->read("k"))), ErrorCode::kClosed);
  EXPECT_EQ(code_of(await(store_->scan({}, at))), ErrorCode::kClosed);
  EXPECT_EQ(code_of(await(store_->snapshot())), ErrorCode::kClosed);
}

TEST_P(StoreConformance, ASnapshotAndAWatchMayOutliveTheStore) {
  ASSERT_TRUE(put("k", "v"));
  const SnapshotPtr at = *await(store_->snapshot());
  const auto watch = store_->watch("k", world_.loop, [] {});
  store_.reset();
}

TEST_P(StoreConformance, CommittedDataIsThereAfterReopening) {
  if (!GetParam().persistent) GTEST_SKIP() << "this engine keeps nothing";
  Batch batch;
  batch.put("a", "1").put("b", "2");
  batch.idempotency_key = "once";
  ASSERT_TRUE(await(store_->commit(batch)));
  const Version version = get("a")->version;
  reopen();
  EXPECT_EQ(scan({}), "a=1 b=2");
  EXPECT_EQ(get("a")->version, version);
  EXPECT_TRUE(await(store_->commit(batch)));
  EXPECT_EQ(get("a")->version, version);
  ASSERT_TRUE(await(store_->commit(Batch().check("a", version).put("a", "3"))));
  EXPECT_NE(get("a")->version, version);
  reopen();
  EXPECT_EQ(scan({}), "a=3 b=2");
}

}  // namespace kiln::store
