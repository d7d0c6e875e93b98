// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the engines of Store share: limits of a batch, idempotency lifetime, and WatchHub.

#include "store/store.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace kiln::store {

// How long a repeat of a commit with the same idempotency key is recognised.
inline constexpr std::int64_t kIdempotencyLifetimeMs = 15 * 60 * 1'000;

// Bytes of keys and values in `batch`, what kMaxBatchBytes counts.
std::size_t batch_bytes(const Batch& batch);
// kLimitExceeded past a limit of store.h, kInvalidArgument for an empty key.
Status validate(const Batch& batch);

// WatchHub turns "these keys were written" into posts to those who watch a prefix of them.
//
// A watch has at most one post under way: writes until it runs are covered by it (coalescing).
// Threads: every method on any thread; `changed` runs on the watch's home, where the Watch must be
// destroyed too. After that `changed` is not called again.
class WatchHub {
 public:
  std::unique_ptr<Watch> add(std::string prefix, Executor& home, std::function<void()> changed);
  // False saves the caller from collecting keys.
  bool watched() const { return state_->count.load(std::memory_order_relaxed) > 0; }
  void notify(const std::vector<std::string_view>& keys);
  // For an engine that can't tell what was written.
  void notify_all();

 private:
  struct Entry;
  class Handle;
  struct State {
    std::atomic<std::size_t> count{0};
    std::mutex mutex;
    // Guarded by mutex.
    std::unordered_multimap<std::string, std::shared_ptr<Entry>> by_prefix;
    std::multiset<std::size_t> prefix_lengths;
  };
  static void wake(std::shared_ptr<Entry> entry);
  // Shared with the handles, which may outlive the engine.
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace kiln::store
