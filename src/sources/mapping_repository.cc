// SPDX-License-Identifier: Apache-2.0
#include "sources/mapping_repository.h"

#include "aws/arn.h"
#include "gen/lambda/errors.h"
#include "sources/keys.h"
#include "store/retry.h"

#include <utility>

namespace kiln::sources {
namespace {

aws::ApiError conflict(const Mapping& mapping, const std::string& function_name,
                       const std::string& uuid) {
  const auto arn = aws::parse_arn(mapping.source_arn);
  const std::string service = arn && arn->service == "sqs" ? "SQS" : "event source";
  return gen::lambda::resource_conflict_exception(
      "An event source mapping with " + service + " arn (\" " + mapping.source_arn +
      " \") and function (\" " + function_name +
      " \") already exists. Please update or delete the existing mapping with UUID " + uuid);
}

std::string pair_key(const Mapping& m) {
  return keys::pair(m.account, m.region, m.source_arn, m.function_arn);
}

void put(store::Batch& batch, const Mapping& m) {
  const std::string key = keys::mapping(m.account, m.region, m.uuid);
  batch.put(key, encode(m)).put(keys::registered(m.uuid), key);
}

}  // namespace

aws::ApiError no_such_mapping() {
  return gen::lambda::resource_not_found_exception("The resource you requested does not exist.");
}

Task<Result<std::optional<Mapping>>> MappingRepository::find(std::string account,
                                                             std::string region, std::string uuid) {
  auto reading = store_.read(keys::mapping(account, region, uuid));
  KILN_CO_TRY(const auto entry, co_await reading);
  if (!entry) co_return std::optional<Mapping>();
  KILN_CO_TRY(Mapping mapping, decode_mapping(entry->value));
  co_return std::optional(std::move(mapping));
}

Task<Result<MappingPage>> MappingRepository::list(std::string account, std::string region,
                                                  std::string after, std::size_t limit,
                                                  std::function<bool(const Mapping&)> wanted) {
  store::Range range = store::prefix_range(keys::mappings(account, region));
  if (!after.empty()) range.begin = keys::mapping(account, region, after) + '\0';
  MappingPage page;
  for (bool more = true; more;) {
    auto scanning = store_.scan(range);
    KILN_CO_TRY(const auto entries, co_await scanning);
    for (const store::Entry& entry : entries) {
      KILN_CO_TRY(Mapping mapping, decode_mapping(entry.value));
      if (!wanted(mapping)) continue;
      if (page.mappings.size() == limit) {
        page.next = page.mappings.back().uuid;
        co_return page;
      }
      page.mappings.push_back(std::move(mapping));
    }
    more = entries.size() == store::kMaxScanEntries;
    if (more) range.begin = entries.back().key + '\0';
  }
  co_return page;
}

Task<Result<std::vector<Mapping>>> MappingRepository::all() {
  std::vector<Mapping> out;
  store::Range range = store::prefix_range(keys::registry());
  for (bool more = true; more;) {
    auto scanning = store_.scan(range);
    KILN_CO_TRY(const auto entries, co_await scanning);
    for (const store::Entry& entry : entries) {
      auto reading = store_.read(entry.value);
      KILN_CO_TRY(const auto stored, co_await reading);
      if (!stored) continue;  // removed meanwhile
      KILN_CO_TRY(Mapping mapping, decode_mapping(stored->value));
      out.push_back(std::move(mapping));
    }
    more = entries.size() == store::kMaxScanEntries;
    if (more) range.begin = entries.back().key + '\0';
  }
  co_return out;
}

Task<aws::ApiResult<void>> MappingRepository::create(Mapping mapping, std::string function_name) {
  const std::string uuid = mapping.uuid;
  auto creating = store::retry_on_conflict([&] { return try_create(mapping, function_name); });
  auto created = co_await creating;
  if (!created) {
    co_return aws::fail(aws::internal_failure("sources", created.error(), "ServiceException"));
  }
  if (!*created) co_return aws::fail(std::move(created->error()));
  changed_(uuid);
  co_return aws::ApiResult<void>();
}

MappingRepository::Attempt<Mapping> MappingRepository::try_create(Mapping mapping,
                                                                  std::string function_name) {
  const std::string pair = pair_key(mapping);
  auto reading = store_.read(pair);
  KILN_CO_TRY(const auto existing, co_await reading);
  if (existing) {
    co_return aws::ApiResult<Mapping>(aws::fail(conflict(mapping, function_name, existing->value)));
  }
  store::Batch batch;
  batch.check_absent(pair).put(pair, mapping.uuid);
  put(batch, mapping);
  auto committing = store_.commit(std::move(batch));
  KILN_CO_TRY_VOID(co_await committing);
  co_return aws::ApiResult<Mapping>(std::move(mapping));
}

Task<aws::ApiResult<Mapping>> MappingRepository::update(std::string account, std::string region,
                                                        std::string uuid, Change change) {
  auto updating =
      store::retry_on_conflict([&] { return try_update(account, region, uuid, change); });
  auto updated = co_await updating;
  if (!updated) {
    co_return aws::fail(aws::internal_failure("sources", updated.error(), "ServiceException"));
  }
  if (*updated) changed_(uuid);
  co_return std::move(*updated);
}

MappingRepository::Attempt<Mapping> MappingRepository::try_update(std::string account,
                                                                  std::string region,
                                                                  std::string uuid,
                                                                  const Change& change) {
  auto reading = store_.read(keys::mapping(account, region, uuid));
  KILN_CO_TRY(const auto entry, co_await reading);
  if (!entry) co_return aws::ApiResult<Mapping>(aws::fail(no_such_mapping()));
  KILN_CO_TRY(const Mapping before, decode_mapping(entry->value));
  Mapping after = before;
  if (auto decided = change(after); !decided) {
    co_return aws::ApiResult<Mapping>(aws::fail(std::move(decided.error())));
  }
  store::Batch batch;
  batch.check(entry->key, entry->version);
  if (pair_key(after) != pair_key(before)) {
    auto looking = store_.read(pair_key(after));
    KILN_CO_TRY(const auto taken, co_await looking);
    if (taken) {
      co_return aws::ApiResult<Mapping>(
          aws::fail(conflict(after, after.function_arn, taken->value)));
    }
    batch.check_absent(pair_key(after)).put(pair_key(after), uuid).erase(pair_key(before));
  }
  put(batch, after);
  auto committing = store_.commit(std::move(batch));
  KILN_CO_TRY_VOID(co_await committing);
  co_return aws::ApiResult<Mapping>(std::move(after));
}

Task<Status> MappingRepository::remove(Mapping mapping) {
  auto removing = store::retry_on_conflict([&] { return try_remove(mapping); });
  const auto removed = co_await removing;
  if (!removed) co_return std::unexpected(removed.error());
  changed_(mapping.uuid);
  co_return Status{};
}

Task<Result<bool>> MappingRepository::try_remove(Mapping mapping) {
  auto reading = store_.read(keys::mapping(mapping.account, mapping.region, mapping.uuid));
  KILN_CO_TRY(const auto entry, co_await reading);
  if (!entry) co_return false;
  KILN_CO_TRY(const Mapping stored, decode_mapping(entry->value));
  store::Batch batch;
  batch.check(entry->key, entry->version)
      .erase(entry->key)
      .erase(pair_key(stored))
      .erase(keys::registered(stored.uuid));
  auto committing = store_.commit(std::move(batch));
  KILN_CO_TRY_VOID(co_await committing);
  co_return true;
}

}  // namespace kiln::sources
