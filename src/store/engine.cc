// SPDX-License-Identifier: Apache-2.0
#include "store/engine.h"

#include <algorithm>
#include <utility>

namespace kiln::store {

Range prefix_range(std::string_view prefix, std::size_t limit) {
  std::string end(prefix);
  while (!end.empty() && end.back() == static_cast<char>(0xFF)) end.pop_back();
  if (!end.empty()) end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
  return {.begin = std::string(prefix), .end = std::move(end), .limit = limit};
}

std::size_t batch_bytes(const Batch& batch) {
  std::size_t bytes = batch.idempotency_key.size();
  for (const Check& check : batch.checks) bytes += check.key.size();
  for (const Write& write : batch.writes) {
    bytes += write.key.size() + (write.value ? write.value->size() : 0);
  }
  return bytes;
}

namespace {
Status validate_key(std::string_view key) {
  if (key.empty()) return fail(ErrorCode::kInvalidArgument, "store: empty key");
  if (key.size() > kMaxKeyBytes) {
    return fail(ErrorCode::kLimitExceeded,
                "store: key of " + std::to_string(key.size()) + " bytes is too large");
  }
  return {};
}
}  // namespace

Status validate(const Batch& batch) {
  for (const Check& check : batch.checks) {
    KILN_TRY_VOID(validate_key(check.key));
  }
  for (const Write& write : batch.writes) {
    KILN_TRY_VOID(validate_key(write.key));
    if (write.value && write.value->size() > kMaxValueBytes) {
      return fail(ErrorCode::kLimitExceeded,
                  "store: value of " + std::to_string(write.value->size()) + " bytes is too large");
    }
  }
  if (batch.idempotency_key.size() > kMaxKeyBytes) {
    return fail(ErrorCode::kLimitExceeded, "store: idempotency key is too large");
  }
  if (const std::size_t bytes = batch_bytes(batch); bytes > kMaxBatchBytes) {
    return fail(ErrorCode::kLimitExceeded,
                "store: batch of " + std::to_string(bytes) + " bytes is too large");
  }
  return {};
}

struct WatchHub::Entry {
  Executor& home;
  std::function<void()> changed;
  std::atomic<bool> posted{false};
  bool alive = true;  // home's thread only
};

class WatchHub::Handle final : public Watch {
 public:
  Handle(std::shared_ptr<State> state, std::string prefix, std::shared_ptr<Entry> entry)
      : state_(std::move(state)), prefix_(std::move(prefix)), entry_(std::move(entry)) {}
  ~Handle() override {
    entry_->alive = false;
    const std::lock_guard lock(state_->mutex);
    const auto [first, last] = state_->by_prefix.equal_range(prefix_);
    for (auto it = first; it != last; ++it) {
      if (it->second != entry_) continue;
      state_->by_prefix.erase(it);
      break;
    }
    state_->prefix_lengths.erase(state_->prefix_lengths.find(prefix_.size()));
    state_->count.fetch_sub(1, std::memory_order_relaxed);
  }

 private:
  std::shared_ptr<State> state_;
  std::string prefix_;
  std::shared_ptr<Entry> entry_;
};

std::unique_ptr<Watch> WatchHub::add(std::string prefix, Executor& home,
                                     std::function<void()> changed) {
  auto entry = std::make_shared<Entry>(home, std::move(changed));
  {
    const std::lock_guard lock(state_->mutex);
    state_->by_prefix.emplace(prefix, entry);
    state_->prefix_lengths.insert(prefix.size());
    state_->count.fetch_add(1, std::memory_order_relaxed);
  }
  return std::make_unique<Handle>(state_, std::move(prefix), std::move(entry));
}

void WatchHub::wake(std::shared_ptr<Entry> entry) {
  if (entry->posted.exchange(true)) return;
  Executor& home = entry->home;
  home.post([entry = std::move(entry)] {
    entry->posted.store(false);  // before the call: a write from now on needs a new one
    if (entry->alive) entry->changed();
  });
}

void WatchHub::notify(const std::vector<std::string_view>& keys) {
  if (!watched()) return;
  std::vector<std::shared_ptr<Entry>> woken;
  {
    const std::lock_guard lock(state_->mutex);
    const auto& lengths = state_->prefix_lengths;
    for (const std::string_view key : keys) {
      for (auto it = lengths.begin(); it != lengths.end() && *it <= key.size();
           it = lengths.upper_bound(*it)) {
        const auto [first, last] = state_->by_prefix.equal_range(std::string(key.substr(0, *it)));
        for (auto match = first; match != last; ++match) woken.push_back(match->second);
      }
    }
  }
  for (auto& entry : woken) wake(std::move(entry));
}

void WatchHub::notify_all() {
  std::vector<std::shared_ptr<Entry>> woken;
  {
    const std::lock_guard lock(state_->mutex);
    for (const auto& [prefix, entry] : state_->by_prefix) woken.push_back(entry);
  }
  for (auto& entry : woken) wake(std::move(entry));
}

}  // namespace kiln::store
