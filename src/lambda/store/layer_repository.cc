// SPDX-License-Identifier: Apache-2.0
#include "lambda/store/layer_repository.h"

#include "lambda/store/function_transaction.h"
#include "store/retry.h"

#include <charconv>
#include <utility>

namespace kiln::lambda {
namespace {

using Answer = aws::ApiResult<LayerVersion>;

// Owners of packages are functions and these, which no function can be called.
FunctionKey owner(const LayerKey& key, std::int64_t version) {
  return {.account = key.account,
          .region = key.region,
          .name = "layer:" + key.name + ":" + std::to_string(version)};
}

Task<aws::ApiResult<LayerVersion>> finish(Task<Result<Answer>> task) {
  auto result = co_await std::move(task);
  if (!result) {
    co_return aws::fail(aws::internal_failure("lambda", result.error(), "ServiceException"));
  }
  co_return std::move(*result);
}

Result<std::int64_t> last_version(std::string_view key) {
  // The last element of a key of versions.
  if (key.size() < 9) return fail(ErrorCode::kInternal, "not a key of a layer's version");
  store::KeyReader reader(key.substr(key.size() - 9));
  return reader.next_integer();
}

std::int64_t to_number(std::string_view text) {
  std::int64_t out = 0;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

}  // namespace

Task<aws::ApiResult<LayerVersion>> LayerRepository::publish(LayerVersion layer) {
  auto task = finish(store::retry_on_conflict([this, &layer] { return try_publish(layer); }));
  co_return co_await std::move(task);
}

LayerRepository::Attempt<LayerVersion> LayerRepository::try_publish(LayerVersion layer) {
  const LayerKey& key = layer.key;
  KILN_CO_TRY(const auto counter, co_await store_.read(keys::layer(key)));
  layer.version = counter ? to_number(counter->value) + 1 : 1;
  const std::string usage_key = keys::usage(key.account, key.region);
  auto read = read_usage(store_, usage_key);
  KILN_CO_TRY(StoredUsage stored, co_await std::move(read));
  const Usage before = stored.usage;
  stored.usage.code_bytes += layer.code.size;
  if (auto good = check_usage(before, stored.usage, limits_); !good) {
    co_return Answer(aws::fail(std::move(good.error())));
  }
  store::Batch batch;
  batch.check(keys::layer(key), counter ? std::optional(counter->version) : std::nullopt);
  batch.check(usage_key, stored.version);
  batch.put(keys::layer(key), std::to_string(layer.version));
  batch.put(keys::layer_version(key, layer.version), encode(layer));
  batch.put(usage_key, encode(stored.usage));
  batch.put(keys::code_reference(owner(key, layer.version), layer.code.sha256_hex), "");
  KILN_CO_TRY_VOID(co_await store_.commit(std::move(batch)));
  co_return Answer(std::move(layer));
}

Task<Result<std::optional<LayerVersion>>> LayerRepository::find(LayerKey key,
                                                                std::int64_t version) {
  KILN_CO_TRY(const auto entry, co_await store_.read(keys::layer_version(key, version)));
  if (!entry) co_return std::optional<LayerVersion>();
  KILN_CO_TRY(LayerVersion layer, decode_layer_version(std::move(key), version, entry->value));
  co_return std::optional<LayerVersion>(std::move(layer));
}

Task<aws::ApiResult<void>> LayerRepository::remove(LayerKey key, std::int64_t version) {
  auto task =
      finish(store::retry_on_conflict([this, &key, version] { return try_remove(key, version); }));
  auto result = co_await std::move(task);
  if (!result) co_return aws::fail(std::move(result.error()));
  co_return aws::ApiResult<void>();
}

LayerRepository::Attempt<LayerVersion> LayerRepository::try_remove(LayerKey key,
                                                                   std::int64_t version) {
  const std::string version_key = keys::layer_version(key, version);
  KILN_CO_TRY(const auto entry, co_await store_.read(version_key));
  if (!entry) co_return Answer(LayerVersion());
  KILN_CO_TRY(LayerVersion layer, decode_layer_version(key, version, entry->value));
  const std::string usage_key = keys::usage(key.account, key.region);
  auto read = read_usage(store_, usage_key);
  KILN_CO_TRY(StoredUsage stored, co_await std::move(read));
  stored.usage.code_bytes -= layer.code.size;
  store::Batch batch;
  batch.check(version_key, entry->version).check(usage_key, stored.version);
  batch.erase(version_key).put(usage_key, encode(stored.usage));
  batch.erase(keys::code_reference(owner(key, version), layer.code.sha256_hex));
  KILN_CO_TRY_VOID(co_await store_.commit(std::move(batch)));
  co_return Answer(std::move(layer));
}

Task<aws::ApiResult<LayerVersion>> LayerRepository::update(LayerKey key, std::int64_t version,
                                                           Change change) {
  auto task = finish(store::retry_on_conflict(
      [this, &key, version, &change] { return try_update(key, version, change); }));
  co_return co_await std::move(task);
}

LayerRepository::Attempt<LayerVersion> LayerRepository::try_update(LayerKey key,
                                                                   std::int64_t version,
                                                                   const Change& change) {
  const std::string version_key = keys::layer_version(key, version);
  KILN_CO_TRY(const auto entry, co_await store_.read(version_key));
  if (!entry) co_return Answer(aws::fail(layer_version_not_found(key, version)));
  KILN_CO_TRY(LayerVersion layer, decode_layer_version(key, version, entry->value));
  if (auto decided = change(layer); !decided) {
    co_return Answer(aws::fail(std::move(decided.error())));
  }
  store::Batch batch;
  batch.check(version_key, entry->version).put(version_key, encode(layer));
  KILN_CO_TRY_VOID(co_await store_.commit(std::move(batch)));
  co_return Answer(std::move(layer));
}

Task<Result<LayerPage>> LayerRepository::list(std::string account, std::string region,
                                              LayerFilter filter, std::string after,
                                              std::size_t limit) {
  const std::string prefix = keys::layers(account, region);
  store::Range range = store::prefix_range(prefix);
  if (!after.empty()) {
    range.begin = store::prefix_range(keys::layer({account, region, after})).end;
  }
  LayerPage page;
  for (;;) {
    KILN_CO_TRY(const auto entries, co_await store_.scan(range));
    for (const auto& entry : entries) {
      store::KeyReader reader(std::string_view(entry.key).substr(prefix.size()));
      KILN_CO_TRY(std::string name, reader.next_string());
      if (page.versions.size() == limit) {
        page.next = page.versions.back().key.name;
        co_return page;
      }
      auto newest = list_versions({account, region, std::move(name)}, filter, "", 1);
      KILN_CO_TRY(LayerPage found, co_await std::move(newest));
      if (!found.versions.empty()) page.versions.push_back(std::move(found.versions.front()));
    }
    if (entries.size() < store::kMaxScanEntries) co_return page;
    range.begin = entries.back().key + '\0';
  }
}

Task<Result<LayerPage>> LayerRepository::list_versions(LayerKey key, LayerFilter filter,
                                                       std::string after, std::size_t limit) {
  store::Range range = store::prefix_range(keys::layer_versions(key));
  range.reverse = true;
  if (!after.empty()) range.end = keys::layer_version(key, to_number(after));
  LayerPage page;
  for (;;) {
    range.limit = limit + 1;
    KILN_CO_TRY(const auto entries, co_await store_.scan(range));
    for (const auto& entry : entries) {
      KILN_CO_TRY(const std::int64_t version, last_version(entry.key));
      KILN_CO_TRY(LayerVersion layer, decode_layer_version(key, version, entry.value));
      if (!layer.compatible_with(filter.runtime, filter.architecture)) continue;
      if (page.versions.size() == limit) {
        page.next = std::to_string(page.versions.back().version);
        co_return page;
      }
      page.versions.push_back(std::move(layer));
    }
    if (entries.size() < range.limit) co_return page;
    range.end = entries.back().key;
  }
}

}  // namespace kiln::lambda
