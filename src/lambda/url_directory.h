// SPDX-License-Identifier: Apache-2.0
#pragma once
// UrlDirectory finds a function URL by its id, from memory when warm; a watch on the store drops
// what it knows when any URL changes. Bound: the least recently used of kMaxUrls goes first; ids
// that do not exist are not kept. Threads: one loop.

#include "async/executor.h"
#include "lambda/store/url_repository.h"
#include "store/store.h"

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <string>

namespace kiln::lambda {

using FunctionUrlPtr = std::shared_ptr<const FunctionUrl>;

class UrlDirectory {
 public:
  static constexpr std::size_t kMaxUrls = 10'000;
  UrlDirectory(store::Store& store, UrlRepository& repository, Executor& home);
  // Null: there is no such URL.
  Task<Result<FunctionUrlPtr>> find(std::string id);
  // After a commit of this process: the next request sees it.
  void clear();

 private:
  struct Entry {
    FunctionUrlPtr url;
    std::list<std::string>::iterator used;
  };
  UrlRepository& repository_;
  std::map<std::string, Entry, std::less<>> urls_;
  std::list<std::string> by_use_;  // most recent first
  std::uint64_t generation_ = 0;   // counts clear(), so that an older read is not kept
  std::unique_ptr<store::Watch> watch_;
};

}  // namespace kiln::lambda
