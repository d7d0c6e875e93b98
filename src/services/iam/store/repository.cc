// SPDX-License-Identifier: Apache-2.0
#include "services/iam/store/repository.h"

#include "iam/keys.h"

#include <algorithm>

namespace kiln::iam_api {
namespace {

// The keys of `prefix` behind `last_key`; all of them when that is empty.
store::Range range_after(const std::string& prefix, const std::string& last_key,
                         std::size_t limit) {
  auto range = store::prefix_range(prefix, limit);
  if (!last_key.empty()) range.begin = last_key + '\0';
  return range;
}

// Rows of `prefix` behind `last` that `decode` reads, whose path begins with `path_prefix` and that
// `keep` takes.
template <class Record>
Task<Result<std::vector<Record>>> scan_records(store::Store& store, std::string prefix,
                                               std::string last, std::string path_prefix,
                                               std::size_t limit,
                                               Result<Record> (*decode)(std::string_view),
                                               bool (*keep)(const Record&)) {
  std::vector<Record> out;
  for (;;) {
    const std::size_t wanted = std::min(limit - out.size(), store::kMaxScanEntries);
    auto scanning = store.scan(range_after(prefix, last, wanted));
    KILN_CO_TRY(const auto entries, co_await std::move(scanning));
    for (const auto& entry : entries) {
      KILN_CO_TRY(auto record, decode(entry.value));
      if (record.path.starts_with(path_prefix) && keep(record)) out.push_back(std::move(record));
    }
    if (entries.size() < wanted || out.size() >= limit) co_return out;
    last = entries.back().key;
  }
}

template <class Record>
Task<Result<std::optional<Loaded<Record>>>> load_record(
    store::Store& store, std::string key, Result<Record> (*decode)(std::string_view)) {
  auto reading = store.read(std::move(key));
  KILN_CO_TRY(auto entry, co_await std::move(reading));
  if (!entry) co_return std::nullopt;
  KILN_CO_TRY(auto record, decode(entry->value));
  co_return Loaded<Record>{std::move(record), std::move(entry->version)};
}

// The last elements of the keys of `prefix`, which are strings.
Task<Result<std::vector<std::string>>> scan_last_elements(store::Store& store, std::string prefix,
                                                          std::string last, std::size_t limit) {
  std::vector<std::string> out;
  for (;;) {
    const std::size_t wanted = std::min(limit - out.size(), store::kMaxScanEntries);
    auto scanning = store.scan(range_after(prefix, last, wanted));
    KILN_CO_TRY(const auto entries, co_await std::move(scanning));
    for (const auto& entry : entries) {
      store::KeyReader reader(std::string_view(entry.key).substr(prefix.size()));
      KILN_CO_TRY(auto element, reader.next_string());
      out.push_back(std::move(element));
    }
    if (entries.size() < wanted || out.size() >= limit) co_return out;
    last = entries.back().key;
  }
}

}  // namespace

template <class Entity>
Task<Result<std::optional<Loaded<typename Entity::Record>>>> load(store::Store& store,
                                                                  std::string account,
                                                                  std::string name) {
  return load_record<typename Entity::Record>(store, Entity::key(account, name), Entity::decode);
}

template <class Entity>
Task<Result<std::vector<typename Entity::Record>>> scan(store::Store& store, std::string account,
                                                        std::string path_prefix, std::string after,
                                                        std::size_t limit) {
  auto last = after.empty() ? std::string() : Entity::key(account, after);
  return scan_records<typename Entity::Record>(store, Entity::prefix(account), std::move(last),
                                               std::move(path_prefix), limit, Entity::decode,
                                               [](const typename Entity::Record&) { return true; });
}

#define KILN_IAM_ENTITY(Entity)                                              \
  template Task<Result<std::optional<Loaded<Entity::Record>>>> load<Entity>( \
      store::Store&, std::string, std::string);                              \
  template Task<Result<std::vector<Entity::Record>>> scan<Entity>(           \
      store::Store&, std::string, std::string, std::string, std::size_t);
KILN_IAM_ENTITY(Roles)
KILN_IAM_ENTITY(Users)
KILN_IAM_ENTITY(Groups)
KILN_IAM_ENTITY(InstanceProfiles)
#undef KILN_IAM_ENTITY

Task<Result<std::optional<Loaded<iam::PolicyRecord>>>> load_policy(store::Store& store,
                                                                   std::string account,
                                                                   std::string name) {
  return load_record<iam::PolicyRecord>(store, iam::keys::policy(account, name),
                                        iam::decode_policy);
}

Task<Result<std::vector<iam::PolicyRecord>>> scan_policies(store::Store& store, std::string account,
                                                           std::string path_prefix,
                                                           std::string after, std::size_t limit,
                                                           bool (*keep)(const iam::PolicyRecord&)) {
  auto last = after.empty() ? std::string() : iam::keys::policy(account, after);
  return scan_records<iam::PolicyRecord>(store, iam::keys::policies(account), std::move(last),
                                         std::move(path_prefix), limit, iam::decode_policy, keep);
}

Task<Result<Loaded<iam::AccountSummary>>> load_summary(store::Store& store, std::string account) {
  auto reading = store.read(iam::keys::summary(account));
  KILN_CO_TRY(auto entry, co_await std::move(reading));
  if (!entry) co_return Loaded<iam::AccountSummary>{};
  KILN_CO_TRY(auto record, iam::decode_summary(entry->value));
  co_return Loaded<iam::AccountSummary>{record, std::move(entry->version)};
}

Task<Result<std::optional<std::string>>> load_text(store::Store& store, std::string key) {
  auto reading = store.read(std::move(key));
  KILN_CO_TRY(auto entry, co_await std::move(reading));
  if (!entry) co_return std::nullopt;
  co_return std::move(entry->value);
}

Task<Result<std::vector<iam::GroupRecord>>> load_groups(store::Store& store, std::string account,
                                                        std::vector<std::string> ids) {
  std::vector<iam::GroupRecord> out;
  for (const auto& id : ids) {
    auto naming = load_text(store, iam::keys::name_of_id(account, id));
    KILN_CO_TRY(auto name, co_await std::move(naming));
    if (!name) continue;
    auto loading = load<Groups>(store, account, std::move(*name));
    KILN_CO_TRY(auto group, co_await std::move(loading));
    if (group) out.push_back(std::move(group->record));
  }
  std::ranges::sort(out, {}, [](const auto& group) { return iam::keys::fold(group.name); });
  co_return out;
}

Task<Result<std::vector<std::string>>> scan_members(store::Store& store, std::string account,
                                                    std::string group_id, std::string after,
                                                    std::size_t limit) {
  auto last = after.empty() ? std::string() : iam::keys::member(account, group_id, after);
  return scan_last_elements(store, iam::keys::members(account, group_id), std::move(last), limit);
}

Task<Result<std::vector<std::string>>> scan_keys(store::Store& store, std::string account,
                                                 std::string owner) {
  return scan_last_elements(store, iam::keys::keys_of(account, owner), {}, store::kMaxScanEntries);
}

Task<Result<std::optional<Loaded<iam::AccessKeyRecord>>>> load_access_key(store::Store& store,
                                                                          std::string id) {
  return load_record<iam::AccessKeyRecord>(store, iam::keys::access_key(id),
                                           iam::decode_access_key);
}

std::string encode(const PolicyUser& user) {
  return iam::RecordWriter(1).text(user.name).text(user.id).text(user.path).take();
}

Task<Result<std::vector<PolicyUser>>> scan_uses(store::Store& store, std::string account,
                                                std::string_view table, std::string policy_arn,
                                                std::string after, std::size_t limit) {
  const auto last =
      after.empty() ? std::string() : iam::keys::use(account, table, policy_arn, after);
  const auto prefix = iam::keys::uses(account, table, policy_arn);
  auto scanning = store.scan(range_after(prefix, last, std::min(limit, store::kMaxScanEntries)));
  KILN_CO_TRY(const auto entries, co_await std::move(scanning));
  std::vector<PolicyUser> out;
  for (const auto& entry : entries) {
    iam::RecordReader in(entry.value);
    PolicyUser user;
    user.name = in.text();
    user.id = in.text();
    user.path = in.text();
    out.push_back(std::move(user));
  }
  co_return out;
}

namespace {

Task<Result<std::int64_t>> count_table(store::Store& store, std::string account,
                                       std::string_view table, std::string policy_arn) {
  std::int64_t count = 0;
  std::string after;
  for (;;) {
    auto scanning = scan_uses(store, account, table, policy_arn, after, store::kMaxScanEntries);
    KILN_CO_TRY(const auto users, co_await std::move(scanning));
    count += static_cast<std::int64_t>(users.size());
    if (users.size() < store::kMaxScanEntries) co_return count;
    after = users.back().name;
  }
}

}  // namespace

Task<Result<UseCounts>> count_uses(store::Store& store, std::string account,
                                   std::string policy_arn) {
  UseCounts out;
  for (const auto table : {Roles::kAttached, Users::kAttached, Groups::kAttached}) {
    auto counting = count_table(store, account, table, policy_arn);
    KILN_CO_TRY(const auto count, co_await std::move(counting));
    out.attachments += count;
  }
  for (const auto table : {Roles::kBounded, Users::kBounded}) {
    auto counting = count_table(store, account, table, policy_arn);
    KILN_CO_TRY(const auto count, co_await std::move(counting));
    out.boundaries += count;
  }
  co_return out;
}

}  // namespace kiln::iam_api
