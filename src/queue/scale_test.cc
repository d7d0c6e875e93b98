// SPDX-License-Identifier: Apache-2.0
// A claim costs the same in a long queue as in a short one, and after many erased entries. Counted
// in operations of the store, not in time. KILN_FULL=1 takes ten million entries.
#include "async/blocking_pool.h"
#include "async/fake_clock.h"
#include "async/loop.h"
#include "queue/store_queue.h"
#include "store/rocksdb/rocksdb_store.h"
#include "store/tuple.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

namespace kiln::queue {
namespace {

template <class T>
Task<void> keep(Task<T> task, std::optional<T>& out) {
  out.emplace(co_await task);
}

// Counts what goes through.
struct CountingStore final : store::Store {
  store::Store& inner;
  std::int64_t scans = 0;
  std::int64_t scanned_entries = 0;
  std::int64_t reads = 0;
  std::int64_t commits = 0;
  explicit CountingStore(store::Store& s) : inner(s) {}
  Task<Result<store::SnapshotPtr>> snapshot() override { return inner.snapshot(); }
  Task<Result<std::optional<store::Entry>>> read(std::string key, store::SnapshotPtr at) override {
    ++reads;
    return inner.read(std::move(key), std::move(at));
  }
  Task<Result<std::vector<store::Entry>>> scan(store::Range range, store::SnapshotPtr at) override {
    ++scans;
    auto scanning = inner.scan(std::move(range), std::move(at));
    auto out = co_await scanning;
    if (out) scanned_entries += static_cast<std::int64_t>(out->size());
    co_return out;
  }
  Task<Status> commit(store::Batch batch) override {
    ++commits;
    batch.durability = store::Durability::kBuffered;  // costs are counted, not timed
    return inner.commit(std::move(batch));
  }
  std::unique_ptr<store::Watch> watch(std::string prefix, Executor& home,
                                      std::function<void()> changed) override {
    return inner.watch(std::move(prefix), home, std::move(changed));
  }
  Task<Status> close() override { return inner.close(); }
};

// What claims of ten and their dones have cost.
struct Cost {
  std::int64_t scans = 0;
  std::int64_t scanned_entries = 0;
  std::int64_t reads = 0;
  std::int64_t commits = 0;
  std::int64_t scans_on_pool = 0;  // those that crossed many erased entries, or missed the cache
};

class QueueScale : public testing::Test {
 protected:
  ~QueueScale() override {
    run(rocksdb_->close());
    std::filesystem::remove_all(directory_);
  }
  template <class T>
  T run(Task<T> task) {
    std::optional<T> out;
    loop_.run_until_complete(keep(std::move(task), out));
    return std::move(*out);
  }
  // `count` items, a thousand a commit, not waiting for the disk.
  Task<Status> fill(StoreQueue& queue, QueueId id, std::int64_t count) {
    for (std::int64_t left = count; left > 0; left -= 1'000) {
      store::Batch batch{.durability = store::Durability::kBuffered};
      std::vector<std::shared_ptr<void>> pending;
      for (std::int64_t i = 0; i < std::min<std::int64_t>(left, 1'000); ++i) {
        KILN_CO_TRY(Sent sent, queue.add_send(batch, id, {.payload = "p"}));
        pending.push_back(std::move(sent.pending));
      }
      auto committing = rocksdb_->commit(std::move(batch));
      KILN_CO_TRY_VOID(co_await committing);
      clock_.advance_ms(1);
    }
    co_return Status{};
  }
  Task<Result<std::int64_t>> claim_and_finish(StoreQueue& queue, QueueId id, std::int64_t rounds) {
    std::int64_t claimed = 0;
    for (std::int64_t round = 0; round < rounds; ++round) {
      auto claiming = queue.claim(id, {.max = 10});
      KILN_CO_TRY(const auto leases, co_await claiming);
      claimed += static_cast<std::int64_t>(leases.size());
      for (const Lease& lease : leases) {
        auto finishing = queue.done(id, lease.token);
        KILN_CO_TRY_VOID(co_await finishing);
      }
    }
    co_return claimed;
  }
  Cost cost_of_claims(StoreQueue& queue, const QueueId& id) {
    const CountingStore before = store_;
    Counter& on_pool = metrics_.counter("kiln_store_reads_on_pool_total");
    const std::int64_t pooled = on_pool.value();
    const auto claimed = run(claim_and_finish(queue, id, rounds_));
    EXPECT_EQ(claimed.value_or(-1), 10 * rounds_);
    return {store_.scans - before.scans, store_.scanned_entries - before.scanned_entries,
            store_.reads - before.reads, store_.commits - before.commits, on_pool.value() - pooled};
  }
  void print(const char* what, const Cost& cost) {
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - began_;
    std::printf(
        "%-28s %5ld scans of %6ld entries, %6ld reads, %6ld commits, %5ld on the pool, "
        "at %.0f s\n",
        what, cost.scans, cost.scanned_entries, cost.reads, cost.commits, cost.scans_on_pool,
        passed.count());
  }

  static std::string make_directory() {
    std::string name = (std::filesystem::temp_directory_path() / "kiln_queue_XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    return name;
  }
  std::unique_ptr<store::Store> open() {
    auto opened = store::open_rocksdb_store(directory_ + "/db", loop_, pool_, clock_, metrics_);
    if (!opened) std::abort();
    return std::move(*opened);
  }

  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  std::string directory_ = make_directory();
  Loop loop_;
  FakeClock clock_;
  Metrics metrics_;
  SeededRandom random_{1};
  FaultPoints faults_;
  BlockingPool pool_{2, 1'000, metrics_};
  std::unique_ptr<store::Store> rocksdb_ = open();
  CountingStore store_{*rocksdb_};
  const std::int64_t rounds_ = std::getenv("KILN_FULL") ? 1'000 : 250;
  const std::int64_t long_ = std::getenv("KILN_FULL") ? 10'000'000 : 40'000;
};

TEST_F(QueueScale, a_claim_costs_the_same_in_a_long_queue_and_after_many_erased_entries) {
  const QueueId a = store::key("000000000000", "us-east-1", "scale", "short");
  const QueueId b = store::key("000000000000", "us-east-1", "scale", "long");
  StoreQueue queue(store_, loop_, clock_, random_, metrics_, faults_);
  ASSERT_TRUE(run(fill(queue, a, 20 * rounds_)));
  const Cost of_short = cost_of_claims(queue, a);
  print("short queue", of_short);
  ASSERT_TRUE(run(fill(queue, b, long_)));
  const Cost of_long = cost_of_claims(queue, b);
  print("long queue", of_long);
  // Half of it goes by purge and leaves its erased entries behind.
  ASSERT_TRUE(run(queue.purge(b, {clock_.wall().ms - long_ / 1'000 / 2})));
  const Cost of_worn = cost_of_claims(queue, b);
  print("after many erased entries", of_worn);
  EXPECT_LE(of_long.scanned_entries, of_short.scanned_entries + 1'000);
  EXPECT_LE(of_long.scans, of_short.scans + 10);
  EXPECT_EQ(of_long.commits, of_short.commits);
  EXPECT_LE(of_worn.scanned_entries, of_short.scanned_entries + 1'000);
  EXPECT_LE(of_worn.scans, of_short.scans + 10);
}

}  // namespace
}  // namespace kiln::queue
