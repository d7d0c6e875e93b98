// SPDX-License-Identifier: Apache-2.0
#pragma once
// CachedFunctionDirectory answers the invoke path from memory. An entry is kept current by a watch
// on its key, and by invalidate() from this process's own commits, so that an invocation after an
// update sees the update.
//
// Bound: `max_entries` functions, the least recently used goes first, and kMaxParts of what belongs
// to each.
// Threads: one loop.

#include "async/clock.h"
#include "async/executor.h"
#include "base/random.h"
#include "lambda/code/code_store.h"
#include "lambda/function_directory.h"
#include "lambda/keys.h"
#include "lambda/store/function_repository.h"
#include "lambda/store/part_repository.h"
#include "store/store.h"

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace kiln::lambda {

class CachedFunctionDirectory final : public FunctionDirectory {
 public:
  static constexpr std::size_t kMaxParts = 256;
  struct Bounds {
    std::size_t max_entries = 10'000;
    // How long resolve() waits for a function that is being created or updated.
    std::int64_t activation_wait_ms = 10'000;
  };
  // `random` draws which version an alias with shares leads to. `account_concurrency`: the quota of
  // each account and region.
  CachedFunctionDirectory(store::Store& store, FunctionRepository& repository, CodeStore& code,
                          Clock& clock, Random& random, Executor& home,
                          std::int32_t account_concurrency, Bounds bounds);

  // A function still Pending after the wait, or Failed, is a ResourceConflictException.
  Task<aws::ApiResult<ResolvedFunction>> resolve(aws::RequestContext context,
                                                 std::string function_name,
                                                 std::string qualifier) override;
  Task<Result<std::string>> code_directory(FunctionVersionPtr function) override;

  Task<Result<std::vector<std::string>>> layer_directories(FunctionVersionPtr function) override;
  // What the function itself says about who may use it.
  struct Policy {
    std::string text;  // JSON; empty: none
    std::map<std::string, std::string> tags;
  };
  // `qualifier`: empty for the function. nullopt: there is no such function.
  Task<Result<std::optional<Policy>>> policy(FunctionKey key, std::string qualifier);

  void invalidate(const FunctionKey& key);
  std::size_t size() const { return entries_.size(); }

 private:
  // What the functions of one account and region have reserved; shared by their entries.
  struct Reservations {
    std::optional<std::int64_t> total;  // nullopt when it must be read again
    std::uint64_t generation = 0;
    std::unique_ptr<store::Watch> watch;
  };
  // A function's record in the form that is shared.
  struct Known {
    FunctionVersionPtr latest;
    std::optional<std::int32_t> reserved;  // of the function
    bool allows_recursion = false;
    std::map<std::string, std::string> tags;
    std::map<std::string, std::int32_t> most;  // environments, of versions that have such a bound
  };
  using KnownPtr = std::shared_ptr<const Known>;
  struct Entry {
    KnownPtr known;  // null when it must be read again
    // What was asked for since, of what belongs to the function; goes with `known`.
    std::map<std::string, std::string> policies;  // by qualifier; empty: none
    std::map<std::string, FunctionVersionPtr> versions;
    std::map<std::string, Alias> aliases;
    std::shared_ptr<Reservations> reservations;
    std::uint64_t generation = 0;
    std::unique_ptr<store::Watch> watch;
    std::list<FunctionKey>::iterator used;
  };
  Entry& touch(const FunctionKey& key);
  std::shared_ptr<Reservations> reservations_of(const FunctionKey& key);
  // Of an account whose reservations are `reserved_total`.
  ResolvedFunction resolved(const Known& known, FunctionVersionPtr version,
                            std::int64_t reserved_total) const;
  // What a request names, as far as it is in memory: the version is null when it is not.
  struct Target {
    FunctionVersionPtr version;
    std::string alias;
  };
  Target remembered(const Entry& entry, const std::string& qualifier);
  struct Loaded {
    KnownPtr known;  // null: there is no such function
    std::int64_t reserved_total = 0;
  };
  Task<Result<Loaded>> load(FunctionKey key);
  // The version is null when there is no such version or alias.
  Task<Result<Target>> load_target(FunctionKey key, KnownPtr known, std::string qualifier);
  Task<Result<FunctionVersionPtr>> load_version(FunctionKey key, KnownPtr known,
                                                std::string number);
  // The entry that still holds what was loaded; null when a change came in between.
  Entry* current(const FunctionKey& key, const KnownPtr& known);
  Task<Result<std::int64_t>> load_reservations(FunctionKey key,
                                               std::shared_ptr<Reservations> reservations);
  Task<Result<Loaded>> wait_until_finished(FunctionKey key);

  store::Store& store_;
  FunctionRepository& repository_;
  PartRepository parts_;
  CodeStore& code_;
  Clock& clock_;
  Random& random_;
  Executor& home_;
  const std::int32_t account_concurrency_;
  const Bounds bounds_;
  std::map<FunctionKey, Entry> entries_;
  std::list<FunctionKey> by_use_;  // most recent first
  std::map<std::pair<std::string, std::string>, std::weak_ptr<Reservations>> reservations_;
  std::uint64_t last_generation_ = 0;  // never reused, also not by an entry that comes back
};

}  // namespace kiln::lambda
