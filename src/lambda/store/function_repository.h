// SPDX-License-Identifier: Apache-2.0
#pragma once
// FunctionRepository reads and changes stored functions. One change is one commit, which also keeps
// what follows from it (function_transaction.h). Conflicts with other writers are retried here and
// nowhere else. Threads: one loop.

#include "async/task.h"
#include "aws/api_error.h"
#include "lambda/keys.h"
#include "lambda/store/function_codec.h"
#include "lambda/store/function_transaction.h"
#include "store/store.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace kiln::lambda {

// A pure decision on the function as it is now; it may run several times. An error leaves it alone.
using Change = std::function<aws::ApiResult<void>(FunctionRecord&)>;

// The same with what belongs to the function: a plain lambda that answers a named coroutine's task.
using Step = std::function<Task<Result<aws::ApiResult<void>>>(FunctionTransaction&)>;

struct FunctionPage {
  std::vector<FunctionRecord> functions;
  std::string next;  // the name to go on after; empty at the end
};

struct CreatedFunction {
  FunctionRecord record;
  std::optional<FunctionVersion> version;  // when one was published
};

class FunctionRepository {
 public:
  // `changed` is called after each commit, before its caller goes on.
  FunctionRepository(store::Store& store, AccountLimits limits,
                     std::function<void(const FunctionKey&)> changed);

  Task<Result<std::optional<FunctionRecord>>> find(FunctionKey key);
  // By name; at most `limit` functions after the one named `after`.
  Task<Result<FunctionPage>> list(std::string account, std::string region, std::string after,
                                  std::size_t limit);
  Task<Result<Usage>> usage(std::string account, std::string region);

  // ResourceConflictException when it exists, CodeStorageExceededException past the quota.
  // `publish_as`: publishes version 1 too, with this revision.
  Task<aws::ApiResult<CreatedFunction>> create(FunctionRecord record,
                                               std::optional<std::string> publish_as = {});
  // Answers the changed record. `missing` is the error when there is no such function.
  // CodeStorageExceededException past the quota; InvalidParameterValueException when reservations
  // would leave less than kMinUnreservedConcurrency.
  Task<aws::ApiResult<FunctionRecord>> update(FunctionKey key, aws::ApiError missing,
                                              Change change);
  Task<aws::ApiResult<FunctionRecord>> change(FunctionKey key, aws::ApiError missing, Step step);
  // For reading what belongs to a function; begin() it, and do not commit.
  FunctionTransaction look_at(FunctionKey key) { return {store_, limits_, std::move(key)}; }
  Task<aws::ApiResult<void>> remove(FunctionKey key, aws::ApiError missing);

  // Functions whose creation or update is not finished, in all partitions.
  Task<Result<std::vector<FunctionKey>>> pending();
  // Functions with provisioned concurrency, in all partitions.
  Task<Result<std::vector<FunctionKey>>> provisioned();
  // Published versions whose snapshot is to be taken, in all partitions.
  Task<Result<std::vector<std::pair<FunctionKey, std::int64_t>>>> unsaved_versions();
  Task<Status> forget_unsaved(FunctionKey key, std::int64_t version);
  // Blob ids of all code that a function uses.
  Task<Result<std::set<std::string>>> referenced_blobs();

 private:
  // A commit that lost against another one is the outer kConflict, and is tried again.
  template <class T>
  using Attempt = Task<Result<aws::ApiResult<T>>>;
  using Partition = std::pair<std::string, std::string>;

  Attempt<CreatedFunction> try_create(const FunctionRecord& wanted,
                                      const std::optional<std::string>& publish_as);
  Attempt<FunctionRecord> try_change(const FunctionKey& key, const aws::ApiError& missing,
                                     const Step& step);
  Attempt<FunctionRecord> try_remove(const FunctionKey& key, const aws::ApiError& missing);
  // Of a page of what belongs to a function.
  struct Erasure {
    store::Batch batch;
    std::int64_t code_bytes = 0;
    bool more = false;
  };
  Task<Result<Erasure>> erase_parts(FunctionKey key);
  using MarkPrefix = std::string (*)(std::string_view account, std::string_view region);
  Task<Result<std::vector<FunctionKey>>> marked(MarkPrefix prefix_of);
  Task<Result<std::vector<Partition>>> partitions();
  Task<Result<std::vector<std::string>>> scan_keys(std::string prefix);

  store::Store& store_;
  const AccountLimits limits_;
  const std::function<void(const FunctionKey&)> changed_;
};

}  // namespace kiln::lambda
