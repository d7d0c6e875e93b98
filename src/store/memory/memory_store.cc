// SPDX-License-Identifier: Apache-2.0
#include "store/memory/memory_store.h"

#include "store/engine.h"

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

namespace kiln::store {
namespace {

// One state of a key; commits number from 1.
struct Revision {
  std::uint64_t commit = 0;
  std::optional<std::string> value;  // nullopt: erased
};
using History = std::vector<Revision>;  // ascending by commit, never empty

struct State {
  std::uint64_t last_commit = 0;
  std::map<std::string, History, std::less<>> keys;
  std::multiset<std::uint64_t> snapshots;  // commits that live snapshots see
  std::set<std::string> untidy;            // keys that keep revisions for a snapshot
  std::unordered_map<std::string, std::int64_t> idempotency;  // key -> end, wall ms
  std::deque<std::pair<std::int64_t, std::string>> idempotency_ends;

  // Drops the revisions of `key` that no snapshot and no later read can see.
  void tidy(const std::string& key);
  void release(std::uint64_t commit);
};

void State::tidy(const std::string& key) {
  const auto it = keys.find(key);
  if (it == keys.end()) {
    untidy.erase(key);
    return;
  }
  History& history = it->second;
  const std::uint64_t oldest = snapshots.empty() ? last_commit : *snapshots.begin();
  const auto newer = std::ranges::upper_bound(history, oldest, {}, &Revision::commit);
  if (newer - history.begin() > 1) history.erase(history.begin(), newer - 1);
  const bool settled = history.size() == 1;
  if (settled && !history.front().value && history.front().commit <= oldest) keys.erase(it);
  if (settled) {
    untidy.erase(key);
  } else {
    untidy.insert(key);
  }
}

void State::release(std::uint64_t commit) {
  snapshots.erase(snapshots.find(commit));
  if (!snapshots.empty()) return;
  for (const std::string& key : std::set<std::string>(untidy)) tidy(key);
}

class MemorySnapshot final : public Snapshot {
 public:
  MemorySnapshot(std::shared_ptr<State> state, Monotonic expires)
      : state_(std::move(state)), commit_(state_->last_commit), expires_(expires) {
    state_->snapshots.insert(commit_);
  }
  ~MemorySnapshot() override { state_->release(commit_); }
  std::uint64_t commit() const { return commit_; }
  Monotonic expires() const { return expires_; }

 private:
  std::shared_ptr<State> state_;
  std::uint64_t commit_;
  Monotonic expires_;
};

const Revision* visible(const History& history, std::uint64_t commit) {
  const auto newer = std::ranges::upper_bound(history, commit, {}, &Revision::commit);
  if (newer == history.begin()) return nullptr;
  const Revision& revision = *(newer - 1);
  return revision.value ? &revision : nullptr;
}

Version version_of(const Revision& revision) { return std::to_string(revision.commit); }

class MemoryStore final : public Store {
 public:
  MemoryStore(Clock& clock, Executor& home) : clock_(clock), home_(home) {}

  Task<Result<SnapshotPtr>> snapshot() override {
    if (closed_) co_return closed_error();
    co_return std::make_shared<MemorySnapshot>(state_,
                                               clock_.monotonic().plus_ms(kSnapshotLifetimeMs));
  }
  Task<Result<std::optional<Entry>>> read(std::string key, SnapshotPtr at) override;
  Task<Result<std::vector<Entry>>> scan(Range range, SnapshotPtr at) override;
  Task<Status> commit(Batch batch) override;
  std::unique_ptr<Watch> watch(std::string prefix, Executor& home,
                               std::function<void()> changed) override {
    return hub_.add(std::move(prefix), home, std::move(changed));
  }
  Task<Status> close() override {
    closed_ = true;
    co_return Status{};
  }

 private:
  static std::unexpected<Error> closed_error() { return fail(ErrorCode::kClosed, "store: closed"); }
  Result<std::uint64_t> commit_to_read(const SnapshotPtr& at) const;
  Status apply(Batch batch);
  Status check_all(const std::vector<Check>& checks) const;
  bool repeated(const Batch& batch);

  Clock& clock_;
  Executor& home_;
  std::shared_ptr<State> state_ = std::make_shared<State>();
  WatchHub hub_;
  bool closed_ = false;
};

Result<std::uint64_t> MemoryStore::commit_to_read(const SnapshotPtr& at) const {
  if (closed_) return closed_error();
  if (!at) return state_->last_commit;
  const auto& snapshot = static_cast<const MemorySnapshot&>(*at);
  if (clock_.monotonic() > snapshot.expires()) {
    return fail(ErrorCode::kTimeout, "store: the snapshot is too old");
  }
  return snapshot.commit();
}

Task<Result<std::optional<Entry>>> MemoryStore::read(std::string key, SnapshotPtr at) {
  KILN_CO_TRY(const std::uint64_t commit, commit_to_read(at));
  const auto it = state_->keys.find(key);
  const Revision* found = it == state_->keys.end() ? nullptr : visible(it->second, commit);
  if (found == nullptr) co_return std::optional<Entry>{};
  co_return Entry{std::move(key), *found->value, version_of(*found)};
}

Task<Result<std::vector<Entry>>> MemoryStore::scan(Range range, SnapshotPtr at) {
  KILN_CO_TRY(const std::uint64_t commit, commit_to_read(at));
  std::vector<Entry> out;
  const std::size_t limit = std::min(range.limit, kMaxScanEntries);
  if (!range.end.empty() && range.end <= range.begin) co_return out;
  const auto& keys = state_->keys;
  auto first = keys.lower_bound(range.begin);
  auto last = range.end.empty() ? keys.end() : keys.lower_bound(range.end);
  while (first != last && out.size() < limit) {
    const auto it = range.reverse ? --last : first++;
    if (const Revision* found = visible(it->second, commit)) {
      out.push_back({it->first, *found->value, version_of(*found)});
    }
  }
  co_return out;
}

Task<Status> MemoryStore::commit(Batch batch) {
  if (closed_) co_return closed_error();
  KILN_CO_TRY_VOID(validate(batch));
  Status result = apply(std::move(batch));
  co_await resume_on(home_);
  co_return result;
}

Status MemoryStore::check_all(const std::vector<Check>& checks) const {
  for (const Check& check : checks) {
    const auto it = state_->keys.find(check.key);
    const Revision* found =
        it == state_->keys.end() ? nullptr : visible(it->second, state_->last_commit);
    const bool holds =
        found == nullptr ? !check.version : check.version && *check.version == version_of(*found);
    if (!holds) return fail(ErrorCode::kConflict, "store: a checked key has changed");
  }
  return {};
}

bool MemoryStore::repeated(const Batch& batch) {
  const std::int64_t now = clock_.wall().ms;
  auto& ends = state_->idempotency_ends;
  while (!ends.empty() && ends.front().first <= now) {
    state_->idempotency.erase(ends.front().second);
    ends.pop_front();
  }
  return !batch.idempotency_key.empty() && state_->idempotency.contains(batch.idempotency_key);
}

Status MemoryStore::apply(Batch batch) {
  if (repeated(batch)) return {};
  KILN_TRY_VOID(check_all(batch.checks));
  const std::uint64_t commit = ++state_->last_commit;
  std::vector<std::string_view> written;
  for (Write& write : batch.writes) {
    if (!write.value && !state_->keys.contains(write.key)) continue;
    History& history = state_->keys[write.key];
    if (!history.empty() && history.back().commit == commit) {
      history.back().value = std::move(write.value);  // written twice in this batch
    } else {
      history.push_back({commit, std::move(write.value)});
    }
    written.push_back(write.key);
  }
  for (const Write& write : batch.writes) state_->tidy(write.key);
  if (!batch.idempotency_key.empty()) {
    const std::int64_t end = clock_.wall().ms + kIdempotencyLifetimeMs;
    state_->idempotency.emplace(batch.idempotency_key, end);
    state_->idempotency_ends.emplace_back(end, std::move(batch.idempotency_key));
  }
  hub_.notify(written);
  return {};
}

}  // namespace

std::unique_ptr<Store> make_memory_store(Clock& clock, Executor& home) {
  return std::make_unique<MemoryStore>(clock, home);
}

}  // namespace kiln::store
