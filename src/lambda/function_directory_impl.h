// SPDX-License-Identifier: Apache-2.0
#pragma once
// CachedFunctionDirectory answers the invoke path from memory. An entry is kept current by a watch
// on its key, and by invalidate() from this process's own commits, so that an invocation after an
// update sees the update.
//
// Bound: `max_entries` functions, the least recently used goes first.
// Threads: one loop.

#include "async/clock.h"
#include "async/executor.h"
#include "lambda/code/code_store.h"
#include "lambda/function_directory.h"
#include "lambda/keys.h"
#include "lambda/store/function_repository.h"
#include "store/store.h"

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <string>

namespace kiln::lambda {

class CachedFunctionDirectory final : public FunctionDirectory {
 public:
  struct Bounds {
    std::size_t max_entries = 10'000;
    // How long resolve() waits for a function that is being created or updated.
    std::int64_t activation_wait_ms = 10'000;
  };
  CachedFunctionDirectory(store::Store& store, FunctionRepository& repository, CodeStore& code,
                          Clock& clock, Executor& home, Bounds bounds);

  // A function still Pending after the wait, or Failed, is a ResourceConflictException.
  Task<aws::ApiResult<FunctionVersionPtr>> resolve(aws::RequestContext context,
                                                   std::string function_name,
                                                   std::string qualifier) override;
  Task<Result<std::string>> code_directory(FunctionVersionPtr function) override;

  void invalidate(const FunctionKey& key);
  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    FunctionVersionPtr function;  // null when it must be read again
    std::uint64_t generation = 0;
    std::unique_ptr<store::Watch> watch;
    std::list<FunctionKey>::iterator used;
  };
  Entry& touch(const FunctionKey& key);
  Task<Result<FunctionVersionPtr>> load(FunctionKey key);
  Task<Result<FunctionVersionPtr>> wait_until_finished(FunctionKey key);

  store::Store& store_;
  FunctionRepository& repository_;
  CodeStore& code_;
  Clock& clock_;
  Executor& home_;
  const Bounds bounds_;
  std::map<FunctionKey, Entry> entries_;
  std::list<FunctionKey> by_use_;      // most recent first
  std::uint64_t last_generation_ = 0;  // never reused, also not by an entry that comes back
};

}  // namespace kiln::lambda
