// SPDX-License-Identifier: Apache-2.0
#pragma once
// Store is the ordered, transactional key-value port under everything Kiln keeps.
//
// Engines: memory/ (tests), rocksdb/ (embedded default). The same conformance suite
// (store/conformance.h) runs on each, and the contract is narrow enough for a distributed database:
// - Checks are per key: "still at this version" or "absent". No range checks; an invariant over a
//   range has a guard key.
// - Versions are opaque bytes, compared for equality only. There is no global order.
// - watch() is a hint: at least once, coalesced, possibly spurious. The reader rescans.
// - A snapshot lives at most kSnapshotLifetimeMs; reads on an older one answer kTimeout.
// - A commit that returns success is on disk (one group commit serves many callers).
// Threads: every method is called on a loop and resumes there; engines do blocking work elsewhere.

#include "async/executor.h"
#include "async/task.h"
#include "base/result.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kiln::store {

inline constexpr std::size_t kMaxKeyBytes = 2 * 1024;
inline constexpr std::size_t kMaxValueBytes = 64 * 1024;
inline constexpr std::size_t kMaxBatchBytes = 2 * 1024 * 1024;
inline constexpr std::size_t kMaxScanEntries = 1'000;
inline constexpr std::int64_t kSnapshotLifetimeMs = 5'000;

// Opaque. Empty never names a stored version.
using Version = std::string;

struct Entry {
  std::string key;
  std::string value;
  Version version;
};

// A consistent view of one moment. Share it to read several keys of that moment.
class Snapshot {
 public:
  virtual ~Snapshot() = default;
};
using SnapshotPtr = std::shared_ptr<const Snapshot>;

// Keys in [begin, end), at most `limit` (capped at kMaxScanEntries), ascending or descending.
struct Range {
  std::string begin;
  std::string end;  // empty: to the end of the key space
  std::size_t limit = kMaxScanEntries;
  bool reverse = false;
};
// All keys that start with `prefix`.
Range prefix_range(std::string_view prefix, std::size_t limit = kMaxScanEntries);

// What must hold for a commit to happen.
struct Check {
  std::string key;
  std::optional<Version> version;  // nullopt: the key is absent
};

struct Write {
  std::string key;
  std::optional<std::string> value;  // nullopt: erase
};

enum class Durability : std::uint8_t {
  kOnDisk,    // success means it survives SIGKILL and power loss
  kBuffered,  // may be lost by a crash in the next moments; order with later commits is kept
};

struct Batch {
  std::vector<Check> checks;
  std::vector<Write> writes;
  Durability durability = Durability::kOnDisk;
  // With a key, a repeat after kUnknownOutcome is safe: the engine remembers it long enough.
  std::string idempotency_key;

  Batch& check(std::string key, std::optional<Version> version) {
    checks.push_back({std::move(key), std::move(version)});
    return *this;
  }
  Batch& check_absent(std::string key) { return check(std::move(key), std::nullopt); }
  Batch& put(std::string key, std::string value) {
    writes.push_back({std::move(key), std::move(value)});
    return *this;
  }
  Batch& erase(std::string key) {
    writes.push_back({std::move(key), std::nullopt});
    return *this;
  }
};

// Stops the watch when destroyed.
class Watch {
 public:
  virtual ~Watch() = default;
};

class Store {
 public:
  virtual ~Store() = default;

  // A view of now.
  virtual Task<Result<SnapshotPtr>> snapshot() = 0;
  // nullopt when the key is absent. A null snapshot reads the latest.
  virtual Task<Result<std::optional<Entry>>> read(std::string key, SnapshotPtr at = nullptr) = 0;
  virtual Task<Result<std::vector<Entry>>> scan(Range range, SnapshotPtr at = nullptr) = 0;
  // All writes or none. kConflict: a check failed. kUnknownOutcome: it may have happened.
  // kLimitExceeded: a key, value or the batch is too large (nothing was written).
  virtual Task<Status> commit(Batch batch) = 0;
  // Calls `changed` on `home` after commits that wrote keys with this prefix.
  virtual std::unique_ptr<Watch> watch(std::string prefix, Executor& home,
                                       std::function<void()> changed) = 0;
  // Waits for running commits and closes the engine. Called once, last.
  virtual Task<Status> close() = 0;
};

}  // namespace kiln::store
