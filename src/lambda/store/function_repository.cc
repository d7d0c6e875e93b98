// SPDX-License-Identifier: Apache-2.0
#include "lambda/store/function_repository.h"

#include "gen/lambda/errors.h"
#include "lambda/model/layer.h"
#include "lambda/model/provisioned.h"
#include "lambda/model/versions.h"
#include "lambda/store/code_signing.h"
#include "lambda/store/part_repository.h"
#include "lambda/store/url_repository.h"
#include "store/retry.h"

#include <utility>

namespace kiln::lambda {
namespace {

constexpr std::string_view kRoomName = "lambda";

FunctionKey key_of(const FunctionVersion& f) {
  return {.account = f.account, .region = f.region, .name = f.name};
}

template <class T>
Task<aws::ApiResult<T>> finish(Task<Result<aws::ApiResult<T>>> task) {
  auto result = co_await std::move(task);
  if (!result) {
    co_return aws::fail(aws::internal_failure(kRoomName, result.error(), "ServiceException"));
  }
  co_return std::move(*result);
}

Task<Result<aws::ApiResult<void>>> decide_alone(FunctionTransaction& transaction,
                                                const Change& change) {
  co_return change(transaction.record());
}

// The smallest key after all keys that start with `prefix`.
std::string after_prefix(std::string_view prefix) { return store::prefix_range(prefix).end; }

}  // namespace

FunctionRepository::FunctionRepository(store::Store& store, AccountLimits limits,
                                       std::function<void(const FunctionKey&)> changed)
    : store_(store), limits_(limits), changed_(std::move(changed)) {}

Task<Result<std::optional<FunctionRecord>>> FunctionRepository::find(FunctionKey key) {
  KILN_CO_TRY(const auto entry, co_await store_.read(keys::function(key)));
  if (!entry) co_return std::optional<FunctionRecord>();
  KILN_CO_TRY(FunctionRecord record, decode_function(entry->value));
  co_return std::optional<FunctionRecord>(std::move(record));
}

Task<Result<FunctionPage>> FunctionRepository::list(std::string account, std::string region,
                                                    std::string after, std::size_t limit) {
  store::Range range = store::prefix_range(keys::functions(account, region), limit + 1);
  if (!after.empty()) {
    range.begin =
        after_prefix(keys::function({.account = account, .region = region, .name = after}));
  }
  KILN_CO_TRY(const auto entries, co_await store_.scan(std::move(range)));
  FunctionPage page;
  for (const auto& entry : entries) {
    if (page.functions.size() == limit) {
      page.next = page.functions.back().latest.name;
      break;
    }
    KILN_CO_TRY(FunctionRecord record, decode_function(entry.value));
    page.functions.push_back(std::move(record));
  }
  co_return page;
}

Task<Result<Usage>> FunctionRepository::usage(std::string account, std::string region) {
  auto task = read_usage(store_, keys::usage(account, region));
  KILN_CO_TRY(const StoredUsage stored, co_await std::move(task));
  co_return stored.usage;
}

Task<aws::ApiResult<CreatedFunction>> FunctionRepository::create(
    FunctionRecord record, std::optional<std::string> publish_as) {
  auto task = finish<CreatedFunction>(store::retry_on_conflict(
      [this, &record, &publish_as] { return try_create(record, publish_as); }));
  auto result = co_await std::move(task);
  changed_(key_of(record.latest));
  co_return result;
}

FunctionRepository::Attempt<CreatedFunction> FunctionRepository::try_create(
    const FunctionRecord& wanted, const std::optional<std::string>& publish_as) {
  using Answer = aws::ApiResult<CreatedFunction>;
  CreatedFunction out{.record = wanted, .version = std::nullopt};
  FunctionRecord& record = out.record;
  const FunctionKey key = key_of(record.latest);
  KILN_CO_TRY(const auto existing, co_await store_.read(keys::function(key)));
  if (existing) {
    co_return Answer(
        aws::fail(gen::lambda::resource_conflict_exception("Function already exist: " + key.name)));
  }
  KILN_CO_TRY(const auto last_version, co_await store_.read(keys::last_version(key)));
  if (last_version) record.last_version = version_number(last_version->value);
  const std::string usage_key = keys::usage(key.account, key.region);
  auto read = read_usage(store_, usage_key);
  KILN_CO_TRY(StoredUsage stored, co_await std::move(read));
  stored.usage.code_bytes += record.latest.code.size;
  stored.usage.function_count += 1;
  store::Batch batch;
  if (publish_as) {
    const auto& version = out.version.emplace(publish(record, std::nullopt, *publish_as));
    stored.usage.code_bytes += version.code.size;
    batch.put(keys::version(key, record.last_version), encode_version(version));
    if (version.starts_from_snapshot()) batch.put(keys::snapshot(key, record.last_version), "");
    for (const auto& id : package_references(version)) {
      batch.put(keys::code_reference(key, id, version.version), "");
    }
  }
  if (auto good = check_usage(Usage{}, stored.usage, limits_); !good) {
    co_return Answer(aws::fail(std::move(good.error())));
  }
  batch.check_absent(keys::function(key)).check(usage_key, stored.version);
  batch.put(keys::function(key), encode(record)).put(usage_key, encode(stored.usage));
  if (last_version) batch.erase(keys::last_version(key));
  add_consequences(batch, key, nullptr, &record.latest);
  auto moving = move_code_signing(store_, batch, key, "", record.code_signing_config);
  KILN_CO_TRY(auto moved, co_await std::move(moving));
  if (!moved) co_return Answer(aws::fail(std::move(moved.error())));
  KILN_CO_TRY_VOID(co_await store_.commit(std::move(batch)));
  co_return Answer(std::move(out));
}

Task<aws::ApiResult<FunctionRecord>> FunctionRepository::update(FunctionKey key,
                                                                aws::ApiError missing,
                                                                Change change) {
  auto changing = this->change(
      std::move(key), std::move(missing),
      [&change](FunctionTransaction& transaction) { return decide_alone(transaction, change); });
  co_return co_await std::move(changing);
}

Task<aws::ApiResult<FunctionRecord>> FunctionRepository::change(FunctionKey key,
                                                                aws::ApiError missing, Step step) {
  auto task = finish<FunctionRecord>(store::retry_on_conflict(
      [this, &key, &missing, &step] { return try_change(key, missing, step); }));
  auto result = co_await std::move(task);
  changed_(key);
  co_return result;
}

FunctionRepository::Attempt<FunctionRecord> FunctionRepository::try_change(
    const FunctionKey& key, const aws::ApiError& missing, const Step& step) {
  using Answer = aws::ApiResult<FunctionRecord>;
  FunctionTransaction transaction(store_, limits_, key);
  auto beginning = transaction.begin();
  KILN_CO_TRY(const bool found, co_await std::move(beginning));
  if (!found) co_return Answer(aws::fail(missing));
  auto stepping = step(transaction);
  KILN_CO_TRY(auto decided, co_await std::move(stepping));
  if (!decided) co_return Answer(aws::fail(std::move(decided.error())));
  auto committing = transaction.commit();
  KILN_CO_TRY(auto committed, co_await std::move(committing));
  if (!committed) co_return Answer(aws::fail(std::move(committed.error())));
  co_return Answer(std::move(transaction.record()));
}

Task<aws::ApiResult<void>> FunctionRepository::remove(FunctionKey key, aws::ApiError missing) {
  auto task = finish<FunctionRecord>(
      store::retry_on_conflict([this, &key, &missing] { return try_remove(key, missing); }));
  auto result = co_await std::move(task);
  changed_(key);
  if (!result) co_return aws::fail(std::move(result.error()));
  co_return aws::ApiResult<void>();
}

// Many parts go in several commits, so a crash can leave a function with fewer of them.
FunctionRepository::Attempt<FunctionRecord> FunctionRepository::try_remove(
    const FunctionKey& key, const aws::ApiError& missing) {
  using Answer = aws::ApiResult<FunctionRecord>;
  for (;;) {
    KILN_CO_TRY(const auto entry, co_await store_.read(keys::function(key)));
    if (!entry) co_return Answer(aws::fail(missing));
    KILN_CO_TRY(FunctionRecord record, decode_function(entry->value));
    auto erasing = erase_parts(key);
    KILN_CO_TRY(Erasure erasure, co_await std::move(erasing));
    const std::string usage_key = keys::usage(key.account, key.region);
    auto read = read_usage(store_, usage_key);
    KILN_CO_TRY(StoredUsage stored, co_await std::move(read));
    stored.usage.code_bytes -= erasure.code_bytes;
    store::Batch& batch = erasure.batch;
    batch.check(keys::function(key), entry->version).check(usage_key, stored.version);
    if (erasure.more) {
      batch.put(usage_key, encode(stored.usage));
      KILN_CO_TRY_VOID(co_await store_.commit(std::move(batch)));
      continue;
    }
    stored.usage.code_bytes -= record.latest.code.size;
    stored.usage.function_count -= 1;
    stored.usage.reserved_concurrency -= claimed_concurrency(record);
    batch.erase(keys::function(key)).put(usage_key, encode(stored.usage));
    if (total_provisioned(record) > 0) batch.erase(keys::provisioned(key));
    if (record.last_version > 0) {
      batch.put(keys::last_version(key), std::to_string(record.last_version));
    }
    add_consequences(batch, key, &record.latest, nullptr);
    auto moving = move_code_signing(store_, batch, key, record.code_signing_config, "");
    KILN_CO_TRY(const auto moved, co_await std::move(moving));
    auto erasing_urls = erase_urls(store_, key, batch);
    KILN_CO_TRY_VOID(co_await std::move(erasing_urls));
    KILN_CO_TRY_VOID(co_await store_.commit(std::move(batch)));
    co_return Answer(std::move(record));
  }
}

Task<Result<FunctionRepository::Erasure>> FunctionRepository::erase_parts(FunctionKey key) {
  constexpr std::size_t kPage = 500;
  const std::string versions = keys::versions(key);
  auto scanning = store_.scan(store::prefix_range(keys::parts(key), kPage));
  KILN_CO_TRY(const auto parts, co_await std::move(scanning));
  Erasure out{.batch = {}, .code_bytes = 0, .more = parts.size() == kPage};
  for (const auto& part : parts) {
    out.batch.erase(part.key);
    if (!part.key.starts_with(versions)) continue;
    KILN_CO_TRY(const FunctionVersion version, decode_version(part.value));
    for (const auto& id : package_references(version)) {
      out.batch.erase(keys::code_reference(key, id, version.version));
    }
    out.code_bytes += version.code.size;
  }
  co_return out;
}

// Keys begin with account and region, so the partitions are found by jumping from one to the next.
Task<Result<std::vector<FunctionRepository::Partition>>> FunctionRepository::partitions() {
  std::vector<Partition> out;
  std::string begin;
  for (;;) {
    store::Range range{.begin = begin, .end = "", .limit = 1};
    KILN_CO_TRY(const auto entries, co_await store_.scan(std::move(range)));
    if (entries.empty()) co_return out;
    store::KeyReader reader(entries.front().key);
    const auto account = reader.next_string();
    if (!account) co_return out;
    const auto region = reader.next_string();
    if (region) out.emplace_back(*account, *region);
    begin = after_prefix(region ? store::key(*account, *region) : store::key(*account));
  }
}

Task<Result<std::vector<std::string>>> FunctionRepository::scan_keys(std::string prefix) {
  std::vector<std::string> out;
  store::Range range = store::prefix_range(prefix);
  for (;;) {
    KILN_CO_TRY(const auto entries, co_await store_.scan(range));
    if (entries.empty()) co_return out;
    for (const auto& entry : entries) out.push_back(entry.key);
    range.begin = out.back() + '\0';
  }
}

Task<Result<std::vector<FunctionKey>>> FunctionRepository::pending() {
  return marked(keys::all_pending);
}

Task<Result<std::vector<FunctionKey>>> FunctionRepository::provisioned() {
  return marked(keys::all_provisioned);
}

Task<Result<std::vector<FunctionKey>>> FunctionRepository::marked(MarkPrefix prefix_of) {
  KILN_CO_TRY(const auto all, co_await partitions());
  std::vector<FunctionKey> out;
  for (const auto& [account, region] : all) {
    const std::string prefix = prefix_of(account, region);
    KILN_CO_TRY(const auto found, co_await scan_keys(prefix));
    for (const auto& key : found) {
      store::KeyReader reader(std::string_view(key).substr(prefix.size()));
      KILN_CO_TRY(std::string name, reader.next_string());
      out.push_back({.account = account, .region = region, .name = std::move(name)});
    }
  }
  co_return out;
}

Task<Result<std::vector<std::pair<FunctionKey, std::int64_t>>>>
FunctionRepository::unsaved_versions() {
  KILN_CO_TRY(const auto all, co_await partitions());
  std::vector<std::pair<FunctionKey, std::int64_t>> out;
  for (const auto& [account, region] : all) {
    const std::string prefix = keys::all_snapshots(account, region);
    KILN_CO_TRY(const auto found, co_await scan_keys(prefix));
    for (const auto& key : found) {
      store::KeyReader reader(std::string_view(key).substr(prefix.size()));
      KILN_CO_TRY(std::string name, reader.next_string());
      KILN_CO_TRY(const std::int64_t version, reader.next_integer());
      out.emplace_back(FunctionKey{.account = account, .region = region, .name = std::move(name)},
                       version);
    }
  }
  co_return out;
}

Task<Status> FunctionRepository::forget_unsaved(FunctionKey key, std::int64_t version) {
  store::Batch batch;
  batch.erase(keys::snapshot(key, version));
  const auto committed = co_await store_.commit(std::move(batch));
  if (!committed) co_return std::unexpected(committed.error());
  co_return Status();
}

Task<Result<std::set<std::string>>> FunctionRepository::referenced_blobs() {
  KILN_CO_TRY(const auto all, co_await partitions());
  std::set<std::string> out;
  for (const auto& [account, region] : all) {
    const std::string prefix = keys::code_references(account, region);
    KILN_CO_TRY(const auto found, co_await scan_keys(prefix));
    for (const auto& key : found) {
      store::KeyReader reader(std::string_view(key).substr(prefix.size()));
      KILN_CO_TRY(std::string sha256, reader.next_string());
      out.insert(std::move(sha256));
    }
  }
  co_return out;
}

}  // namespace kiln::lambda
