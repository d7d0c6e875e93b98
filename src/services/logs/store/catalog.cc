// SPDX-License-Identifier: Apache-2.0
#include "services/logs/store/catalog.h"

#include "services/logs/store/keys.h"
#include "store/retry.h"

namespace kiln::logs {

namespace {

// The last element of a key that ends with a name after `elements` other strings.
Result<std::string> last_name(const std::string& key, int elements) {
  store::KeyReader reader(key);
  for (int i = 0; i < elements; ++i) {
    KILN_TRY_VOID(reader.next_string());
  }
  return reader.next_string();
}

constexpr int kElementsBeforeGroup = 4;   // logs A R group
constexpr int kElementsBeforeStream = 5;  // logs A R stream GROUP_ID

store::Range names(const std::string& prefix, const std::string& after_key, std::size_t limit,
                   bool reverse) {
  store::Range range = store::prefix_range(prefix, limit);
  range.reverse = reverse;
  if (after_key.empty()) return range;
  if (reverse) {
    range.end = std::min(range.end, after_key);
  } else {
    range.begin = std::max(range.begin, after_key + '\0');
  }
  return range;
}

}  // namespace

Task<Result<std::optional<Group>>> Catalog::find_group(GroupName name) {
  std::string key = keys::group(name);
  KILN_CO_TRY(const auto entry, co_await store_.read(std::move(key)));
  if (!entry) co_return std::nullopt;
  KILN_CO_TRY(auto group, decode_group(entry->value));
  co_return std::optional(std::move(group));
}

Task<Result<Made>> Catalog::create_group(GroupName name, Group settings) {
  settings.id = new_id();
  settings.created_ms = now_ms();
  store::Batch batch;
  batch.check_absent(keys::group(name)).put(keys::group(name), encode(settings));
  if (settings.retention_days > 0) batch.put(keys::retention(name), "");
  const Status done = co_await store_.commit(std::move(batch));
  if (done) co_return Made::kCreated;
  if (done.error().code == ErrorCode::kConflict) co_return Made::kExists;
  co_return std::unexpected(done.error());
}

Task<Result<Removed>> Catalog::delete_group(GroupName name) {
  return store::retry_on_conflict([this, name] { return try_delete_group(name); });
}

Task<Result<Removed>> Catalog::try_delete_group(GroupName name) {
  const std::string key = keys::group(name);
  KILN_CO_TRY(const auto entry, co_await store_.read(key));
  if (!entry) co_return Removed::kNoGroup;
  KILN_CO_TRY(const auto group, decode_group(entry->value));
  store::Batch batch;
  batch.check(key, entry->version).erase(key).erase(keys::retention(name));
  batch.put(keys::garbage(name.account, name.region, group.id, ""), "");
  KILN_CO_TRY_VOID(co_await store_.commit(std::move(batch)));
  co_return Removed::kDeleted;
}

Task<Result<bool>> Catalog::update_group(GroupName name, std::function<void(Group&)> change) {
  auto attempt = [this, &name, &change] { return try_update_group(name, change); };
  auto task = store::retry_on_conflict(attempt);
  co_return co_await task;
}

Task<Result<bool>> Catalog::try_update_group(GroupName name,
                                             const std::function<void(Group&)>& change) {
  const std::string key = keys::group(name);
  KILN_CO_TRY(const auto entry, co_await store_.read(key));
  if (!entry) co_return false;
  KILN_CO_TRY(auto group, decode_group(entry->value));
  change(group);
  store::Batch batch;
  batch.check(key, entry->version).put(key, encode(group));
  if (group.retention_days > 0) {
    batch.put(keys::retention(name), "");
  } else {
    batch.erase(keys::retention(name));
  }
  KILN_CO_TRY_VOID(co_await store_.commit(std::move(batch)));
  co_return true;
}

Task<Result<std::vector<Named<Group>>>> Catalog::list_groups(std::string account,
                                                             std::string region, std::string prefix,
                                                             std::string after, std::size_t limit) {
  const std::string open = keys::open_end(keys::group({account, region, prefix}));
  const std::string after_key = after.empty() ? "" : keys::group({account, region, after});
  store::Range range = names(open, after_key, limit, false);
  KILN_CO_TRY(const auto entries, co_await store_.scan(std::move(range)));
  std::vector<Named<Group>> out;
  for (const auto& entry : entries) {
    KILN_CO_TRY(auto name, last_name(entry.key, kElementsBeforeGroup));
    KILN_CO_TRY(auto group, decode_group(entry.value));
    out.push_back({std::move(name), std::move(group)});
  }
  co_return out;
}

Task<Result<std::optional<Stream>>> Catalog::find_stream(GroupName group, std::string group_id,
                                                         std::string name) {
  std::string key = keys::stream(group, group_id, name);
  KILN_CO_TRY(const auto entry, co_await store_.read(std::move(key)));
  if (!entry) co_return std::nullopt;
  KILN_CO_TRY(auto stream, decode_stream(entry->value));
  co_return std::optional(std::move(stream));
}

Task<Result<Made>> Catalog::create_stream(GroupName group, std::string name) {
  return store::retry_on_conflict([this, group, name] { return try_create_stream(group, name); });
}

Task<Result<Made>> Catalog::try_create_stream(GroupName group, std::string name) {
  const std::string group_key = keys::group(group);
  KILN_CO_TRY(const auto owner, co_await store_.read(group_key));
  if (!owner) co_return Made::kNoGroup;
  KILN_CO_TRY(const auto record, decode_group(owner->value));
  const std::string key = keys::stream(group, record.id, name);
  KILN_CO_TRY(const auto existing, co_await store_.read(key));
  if (existing) co_return Made::kExists;
  const Stream stream{.id = new_id(), .created_ms = now_ms()};
  store::Batch batch;
  batch.check(group_key, owner->version).check_absent(key).put(key, encode(stream));
  KILN_CO_TRY_VOID(co_await store_.commit(std::move(batch)));
  co_return Made::kCreated;
}

Task<Result<Removed>> Catalog::delete_stream(GroupName group, std::string name) {
  return store::retry_on_conflict([this, group, name] { return try_delete_stream(group, name); });
}

Task<Result<Removed>> Catalog::try_delete_stream(GroupName group, std::string name) {
  KILN_CO_TRY(const auto record, co_await find_group(group));
  if (!record) co_return Removed::kNoGroup;
  const std::string key = keys::stream(group, record->id, name);
  KILN_CO_TRY(const auto entry, co_await store_.read(key));
  if (!entry) co_return Removed::kNoStream;
  KILN_CO_TRY(const auto stream, decode_stream(entry->value));
  store::Batch batch;
  batch.check(key, entry->version).erase(key);
  batch.put(keys::garbage(group.account, group.region, record->id, stream.id), "");
  KILN_CO_TRY_VOID(co_await store_.commit(std::move(batch)));
  co_return Removed::kDeleted;
}

Task<Result<std::vector<Named<Stream>>>> Catalog::list_streams(GroupName group,
                                                               std::string group_id,
                                                               std::string prefix,
                                                               std::string after, std::size_t limit,
                                                               bool reverse) {
  const std::string open = keys::open_end(keys::stream(group, group_id, prefix));
  const std::string after_key = after.empty() ? "" : keys::stream(group, group_id, after);
  store::Range range = names(open, after_key, limit, reverse);
  KILN_CO_TRY(const auto entries, co_await store_.scan(std::move(range)));
  std::vector<Named<Stream>> out;
  for (const auto& entry : entries) {
    KILN_CO_TRY(auto name, last_name(entry.key, kElementsBeforeStream));
    KILN_CO_TRY(auto stream, decode_stream(entry.value));
    out.push_back({std::move(name), std::move(stream)});
  }
  co_return out;
}

Task<Result<std::int64_t>> Catalog::stored_bytes(GroupName group, std::string group_id) {
  std::int64_t total = 0;
  std::string after;
  for (;;) {
    KILN_CO_TRY(const auto page,
                co_await list_streams(group, group_id, "", after, store::kMaxScanEntries));
    for (const auto& stream : page) total += stream.value.stored_bytes;
    if (page.size() < store::kMaxScanEntries) co_return total;
    after = page.back().name;
  }
}

}  // namespace kiln::logs
