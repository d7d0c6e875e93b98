// SPDX-License-Identifier: Apache-2.0
#pragma once
// FunctionTransaction is one attempt to change a function and what belongs to it (keys::parts). The
// function's record guards all of it: begin() reads it first and commit() checks and writes it, so
// that no two changes of one function cross and the watch on its key tells of each.
//
// commit() also keeps what follows from the change: the usage of the partition, references to the
// code's blobs, and the mark of unfinished work.
// Threads: one loop. Lives inside one call of FunctionRepository::change.

#include "async/task.h"
#include "aws/api_error.h"
#include "lambda/keys.h"
#include "lambda/store/function_codec.h"
#include "store/store.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kiln::lambda {

// AWS's default quotas, per account and region.
struct AccountLimits {
  std::int64_t code_storage_bytes = 80'530'636'800;  // 75 GiB
  std::int32_t concurrent_executions = 1'000;
};

// What reservations must leave to the functions without one.
inline constexpr std::int32_t kMinUnreservedConcurrency = 100;

class FunctionTransaction {
 public:
  FunctionTransaction(store::Store& store, const AccountLimits& limits, FunctionKey key);

  // False: there is no such function.
  Task<Result<bool>> begin();
  // REQUIRES: begin() answered true.
  FunctionRecord& record() { return after_; }
  const FunctionKey& key() const { return key_; }
  store::Store& store() { return store_; }
  // What commit() will write.
  store::Batch& batch() { return batch_; }

  // A part as it is stored; nullopt: absent.
  Task<Result<std::optional<std::string>>> read(std::string part_key);
  void put(std::string part_key, std::string value) {
    batch_.put(std::move(part_key), std::move(value));
  }
  void erase(std::string part_key) { batch_.erase(std::move(part_key)); }
  // The version that $LATEST is now: the newest one when it was made from the same and is still
  // there, else a new one.
  Task<Result<FunctionVersion>> publish(std::optional<std::string> description,
                                        std::string revision);
  // A published version with its reference to the code and its share of the quota.
  void add_version(const FunctionVersion& version);
  void erase_version(const FunctionVersion& version);
  // Only its states changed.
  void replace_version(const FunctionVersion& version);
  // What a version or alias takes with it: its policy and the like.
  void erase_qualified(std::string_view qualifier);
  // Deployment packages of parts that came (positive) or went.
  void add_code_bytes(std::int64_t delta) { code_bytes_ += delta; }

  // The outer error kConflict: another change was faster; begin again with a new transaction.
  // Inner errors: CodeStorageExceededException, InvalidParameterValueException for concurrency.
  Task<Result<aws::ApiResult<void>>> commit();

 private:
  Task<Result<aws::ApiResult<void>>> add_usage();

  store::Store& store_;
  const AccountLimits& limits_;
  const FunctionKey key_;
  std::optional<store::Version> version_;
  FunctionRecord before_;
  FunctionRecord after_;
  store::Batch batch_;
  std::int64_t code_bytes_ = 0;
};

struct StoredUsage {
  Usage usage;
  std::optional<store::Version> version;
};
Task<Result<StoredUsage>> read_usage(store::Store& store, std::string key);

// Adds what follows from a function's change from `before` to `after` (either may be null).
void add_consequences(store::Batch& batch, const FunctionKey& key, const FunctionVersion* before,
                      const FunctionVersion* after);

// `claim`: the setting that grew, for the message. Quotas refuse only what grows: lowering a quota
// locks nobody out.
aws::ApiResult<void> check_usage(const Usage& before, const Usage& after,
                                 const AccountLimits& limits,
                                 std::string_view claim = "ReservedConcurrentExecutions");

}  // namespace kiln::lambda
