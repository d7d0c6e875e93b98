// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the simulations share: an executor that runs when told, clocks that differ, and the store as
// one run of one node sees it. Everything is decided by a seeded Random.

#include "async/clock.h"
#include "async/executor.h"
#include "async/fake_clock.h"
#include "base/random.h"
#include "store/store.h"

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace kiln::queue {

struct SimExecutor final : Executor {
  std::deque<std::move_only_function<void()>> posted;
  void post(std::move_only_function<void()> fn) override { posted.push_back(std::move(fn)); }
  bool running_in_this_thread() const override { return true; }
  bool run_one() {
    if (posted.empty()) return false;
    auto fn = std::move(posted.front());
    posted.pop_front();
    fn();
    return true;
  }
};

struct SkewedClock final : Clock {
  FakeClock& base;
  std::int64_t skew_ms = 0;
  explicit SkewedClock(FakeClock& clock) : base(clock) {}
  Timestamp wall() const override { return {base.wall().ms + skew_ms}; }
  Monotonic monotonic() const override { return base.monotonic(); }
  TimerId schedule(Monotonic at, std::move_only_function<void()> fn) override {
    return base.schedule(at, std::move(fn));
  }
  bool cancel(TimerId id) override { return base.cancel(id); }
};

// The store as one run of one node sees it: slow, and failing once the node is dead.
struct SimStore final : store::Store {
  store::Store& inner;
  Executor& home;
  Clock& clock;
  Random& random;
  bool faulty = true;
  bool slow = true;  // calls take time now and then
  bool dead = false;
  std::set<std::string> tried;  // idempotency keys: a repeat of a commit never conflicts
  SimStore(store::Store& s, Executor& e, Clock& c, Random& r)
      : inner(s), home(e), clock(c), random(r) {}

  std::uint64_t roll(std::uint64_t sides) { return random.next_u64() % sides; }
  static std::unexpected<Error> down() { return fail(ErrorCode::kClosed, "the node is dead"); }
  Task<void> dawdle() {
    for (auto hops = roll(4); hops > 0; --hops) co_await resume_on(home);
    if (!slow || roll(20) != 0) co_return;
    auto sleep = sleep_ms(clock, static_cast<std::int64_t>(roll(40)), {});
    co_await sleep;
  }
  template <class T>
  Task<Result<T>> slowly(Task<Result<T>> task) {
    auto before = dawdle();
    co_await before;
    if (dead) co_return down();
    auto out = co_await task;
    auto after = dawdle();
    co_await after;
    if (dead) co_return down();
    co_return out;
  }
  Task<Result<store::SnapshotPtr>> snapshot() override { return slowly(inner.snapshot()); }
  Task<Result<std::optional<store::Entry>>> read(std::string key, store::SnapshotPtr at) override {
    return slowly(inner.read(std::move(key), std::move(at)));
  }
  Task<Result<std::vector<store::Entry>>> scan(store::Range range, store::SnapshotPtr at) override {
    return slowly(inner.scan(std::move(range), std::move(at)));
  }
  Task<Status> commit(store::Batch batch) override {
    auto before = dawdle();
    co_await before;
    if (dead) co_return down();
    const auto fate = faulty ? roll(40) : 9;
    const bool repeat =
        !batch.idempotency_key.empty() && !tried.insert(batch.idempotency_key).second;
    if (fate == 0) co_return fail(ErrorCode::kUnknownOutcome, "not committed");
    if (fate == 1 && !batch.checks.empty() && !repeat) {
      co_return fail(ErrorCode::kConflict, "made up");
    }
    auto committing = inner.commit(std::move(batch));
    const Status out = co_await committing;
    auto after = dawdle();
    co_await after;
    if (dead) co_return down();
    if (fate == 2 && out) co_return fail(ErrorCode::kUnknownOutcome, "committed");
    co_return out;
  }
  std::unique_ptr<store::Watch> watch(std::string prefix, Executor& executor,
                                      std::function<void()> changed) override {
    return inner.watch(std::move(prefix), executor, std::move(changed));
  }
  Task<Status> close() override { co_return Status{}; }
};

inline Task<void> mark(Task<void> task, bool& done) {
  co_await task;
  done = true;
}

}  // namespace kiln::queue
