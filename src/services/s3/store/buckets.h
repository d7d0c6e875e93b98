// SPDX-License-Identifier: Apache-2.0
#pragma once
// Buckets finds, makes, changes and removes buckets and their configurations.
//
// Every request asks for its bucket, so buckets are kept in memory with all their configurations
// and dropped when their keys change. Writers check the bucket's version in their commit, so a
// stale one does no harm: forget() it and build the commit again. Threads: one loop.

#include "async/clock.h"
#include "aws/api_error.h"
#include "base/random.h"
#include "iam/lru_cache.h"
#include "services/s3/model/records.h"
#include "store/store.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace kiln::s3 {

// Configurations by kind ("policy", "cors"), as their operations encode them.
using Configs = std::map<std::string, std::string>;

struct BucketState {
  Bucket bucket;
  store::Version version;  // changes with any configuration
  Configs configs;

  const std::string* config(const std::string& kind) const {
    const auto found = configs.find(kind);
    return found == configs.end() ? nullptr : &found->second;
  }
};
using BucketPtr = std::shared_ptr<const BucketState>;

class Buckets {
 public:
  static constexpr std::size_t kCached = 1'024;
  static constexpr std::int64_t kCloseMs = 30'000;

  Buckets(store::Store& store, Executor& home, Clock& clock, Random& random);

  // Null: there is none.
  Task<Result<BucketPtr>> find(std::string name);
  // NoSuchBucket.
  Task<aws::ApiResult<BucketPtr>> get(std::string name);
  void forget(const std::string& name) { cache_.put(name, nullptr); }
  // The same, or OperationAborted while the bucket is being removed. Commits that add to it check
  // its version.
  Task<aws::ApiResult<BucketPtr>> get_for_writing(std::string name);
  // False: the name is taken.
  Task<Result<bool>> create(Bucket bucket, Configs configs);
  // Buckets of `account` whose name begins with `prefix`, from `after` on (exclusive), by name.
  Task<Result<std::vector<Bucket>>> list(std::string account, std::string prefix, std::string after,
                                         std::size_t limit);
  // Changes the bucket and its configurations; an error of `change` goes to the caller.
  using Change = std::function<aws::ApiResult<void>(Bucket&, Configs&)>;
  Task<aws::ApiResult<void>> update(std::string name, Change change);
  // BucketNotEmpty unless nothing is inside. Uploads under way go with it.
  Task<aws::ApiResult<void>> remove(std::string name);

 private:
  Task<Result<BucketPtr>> load(std::string name);
  Task<aws::ApiResult<void>> close_until(std::string name, std::int64_t time_ms);
  Task<Result<bool>> empty(const Bucket& bucket);
  Task<Status> commit_change(BucketPtr from, Bucket bucket, Configs configs);

  store::Store& store_;
  Clock& clock_;
  Random& random_;
  iam::LruCache<BucketPtr> cache_{kCached};
  std::uint64_t generation_ = 0;
  std::unique_ptr<store::Watch> watch_;
};

}  // namespace kiln::s3
