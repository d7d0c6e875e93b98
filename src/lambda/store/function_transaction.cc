// SPDX-License-Identifier: Apache-2.0
#include "lambda/store/function_transaction.h"

#include "gen/lambda/errors.h"
#include "lambda/model/layer.h"
#include "lambda/model/provisioned.h"
#include "lambda/model/versions.h"
#include "lambda/store/code_signing.h"
#include "lambda/store/part_repository.h"

#include <utility>

namespace kiln::lambda {
Task<Result<StoredUsage>> read_usage(store::Store& store, std::string key) {
  KILN_CO_TRY(const auto entry, co_await store.read(std::move(key)));
  if (!entry) co_return StoredUsage{};
  KILN_CO_TRY(const Usage usage, decode_usage(entry->value));
  co_return StoredUsage{.usage = usage, .version = entry->version};
}

void add_consequences(store::Batch& batch, const FunctionKey& key, const FunctionVersion* before,
                      const FunctionVersion* after) {
  const auto had = before ? package_references(*before) : std::set<std::string>();
  const auto has = after ? package_references(*after) : std::set<std::string>();
  for (const auto& id : had) {
    if (!has.contains(id)) batch.erase(keys::code_reference(key, id));
  }
  for (const auto& id : has) {
    if (!had.contains(id)) batch.put(keys::code_reference(key, id), "");
  }
  const bool was = before && before->unfinished();
  const bool is = after && after->unfinished();
  if (is && !was) batch.put(keys::pending(key), "");
  if (was && !is) batch.erase(keys::pending(key));
}

aws::ApiResult<void> check_usage(const Usage& before, const Usage& after,
                                 const AccountLimits& limits, std::string_view claim) {
  if (after.code_bytes > before.code_bytes && after.code_bytes > limits.code_storage_bytes) {
    return aws::fail(gen::lambda::code_storage_exceeded_exception("Code storage limit exceeded."));
  }
  if (after.reserved_concurrency > before.reserved_concurrency &&
      limits.concurrent_executions - after.reserved_concurrency < kMinUnreservedConcurrency) {
    return aws::fail(gen::lambda::invalid_parameter_value_exception(
        "Specified " + std::string(claim) +
        " for function decreases account's UnreservedConcurrentExecution below its minimum value "
        "of [" +
        std::to_string(kMinUnreservedConcurrency) + "]."));
  }
  return {};
}

FunctionTransaction::FunctionTransaction(store::Store& store, const AccountLimits& limits,
                                         FunctionKey key)
    : store_(store), limits_(limits), key_(std::move(key)) {}

Task<Result<bool>> FunctionTransaction::begin() {
  KILN_CO_TRY(const auto entry, co_await store_.read(keys::function(key_)));
  if (!entry) co_return false;
  KILN_CO_TRY(before_, decode_function(entry->value));
  after_ = before_;
  version_ = entry->version;
  co_return true;
}

Task<Result<std::optional<std::string>>> FunctionTransaction::read(std::string part_key) {
  KILN_CO_TRY(auto entry, co_await store_.read(std::move(part_key)));
  if (!entry) co_return std::nullopt;
  co_return std::move(entry->value);
}

Task<Result<FunctionVersion>> FunctionTransaction::publish(std::optional<std::string> description,
                                                           std::string revision) {
  if (is_published(after_)) {
    auto reading = read(keys::version(key_, after_.last_version));
    KILN_CO_TRY(const auto stored, co_await std::move(reading));
    if (stored) co_return decode_version(*stored);
  }
  FunctionVersion out = lambda::publish(after_, description, std::move(revision));
  add_version(out);
  co_return out;
}

void FunctionTransaction::add_version(const FunctionVersion& version) {
  replace_version(version);
  if (version.starts_from_snapshot())
    put(keys::snapshot(key_, version_number(version.version)), "");
  for (const auto& id : package_references(version)) {
    put(keys::code_reference(key_, id, version.version), "");
  }
  add_code_bytes(version.code.size);
}

void FunctionTransaction::replace_version(const FunctionVersion& version) {
  put(keys::version(key_, version_number(version.version)), encode_version(version));
}

void FunctionTransaction::erase_version(const FunctionVersion& version) {
  erase(keys::version(key_, version_number(version.version)));
  if (version.starts_from_snapshot()) erase(keys::snapshot(key_, version_number(version.version)));
  for (const auto& id : package_references(version)) {
    erase(keys::code_reference(key_, id, version.version));
  }
  add_code_bytes(-version.code.size);
  erase_qualified(version.version);
}

void FunctionTransaction::erase_qualified(std::string_view qualifier) {
  after_.provisioned.erase(std::string(qualifier));
  after_.scaling.erase(std::string(qualifier));
  for (const auto kind : keys::kQualifiedKinds) erase(keys::qualified(key_, kind, qualifier));
}

Task<Result<aws::ApiResult<void>>> FunctionTransaction::commit() {
  batch_.check(keys::function(key_), version_).put(keys::function(key_), encode(after_));
  auto adding = add_usage();
  KILN_CO_TRY(auto good, co_await std::move(adding));
  if (!good) co_return std::move(good);
  add_consequences(batch_, key_, &before_.latest, &after_.latest);
  const bool kept = total_provisioned(before_) > 0;
  const bool keeps = total_provisioned(after_) > 0;
  if (!kept && keeps) batch_.put(keys::provisioned(key_), "");
  if (kept && !keeps) batch_.erase(keys::provisioned(key_));
  auto moving = move_code_signing(store_, batch_, key_, before_.code_signing_config,
                                  after_.code_signing_config);
  KILN_CO_TRY(auto moved, co_await std::move(moving));
  if (!moved) co_return std::move(moved);
  KILN_CO_TRY_VOID(co_await store_.commit(std::move(batch_)));
  co_return aws::ApiResult<void>();
}

Task<Result<aws::ApiResult<void>>> FunctionTransaction::add_usage() {
  const auto code_delta = code_bytes_ + after_.latest.code.size - before_.latest.code.size;
  const auto reserved_delta = claimed_concurrency(after_) - claimed_concurrency(before_);
  if (code_delta == 0 && reserved_delta == 0) co_return aws::ApiResult<void>();
  const std::string usage_key = keys::usage(key_.account, key_.region);
  auto reading = read_usage(store_, usage_key);
  KILN_CO_TRY(StoredUsage stored, co_await std::move(reading));
  const Usage old_usage = stored.usage;
  stored.usage.code_bytes += code_delta;
  stored.usage.reserved_concurrency += reserved_delta;
  auto good = check_usage(old_usage, stored.usage, limits_,
                          total_provisioned(after_) > total_provisioned(before_)
                              ? "ConcurrentExecutions"
                              : "ReservedConcurrentExecutions");
  if (!good) co_return std::move(good);
  batch_.check(usage_key, stored.version).put(usage_key, encode(stored.usage));
  co_return aws::ApiResult<void>();
}

}  // namespace kiln::lambda
