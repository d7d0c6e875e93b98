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

using store::Entry;

}  // namespace

Task<Result<std::optional<Loaded<iam::RoleRecord>>>> load_role(store::Store& store,
                                                               std::string account,
                                                               std::string name) {
  auto reading = store.read(iam::keys::role(account, name));
  KILN_CO_TRY(auto entry, co_await std::move(reading));
  if (!entry) co_return std::nullopt;
  KILN_CO_TRY(auto record, iam::decode_role(entry->value));
  co_return Loaded<iam::RoleRecord>{std::move(record), std::move(entry->version)};
}

Task<Result<std::optional<Loaded<iam::PolicyRecord>>>> load_policy(store::Store& store,
                                                                   std::string account,
                                                                   std::string name) {
  auto reading = store.read(iam::keys::policy(account, name));
  KILN_CO_TRY(auto entry, co_await std::move(reading));
  if (!entry) co_return std::nullopt;
  KILN_CO_TRY(auto record, iam::decode_policy(entry->value));
  co_return Loaded<iam::PolicyRecord>{std::move(record), std::move(entry->version)};
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

std::string encode(const AttachedRole& role) {
  return iam::RecordWriter(1).text(role.name).text(role.id).text(role.path).take();
}

Task<Result<std::vector<AttachedRole>>> load_attachments(store::Store& store, std::string account,
                                                         std::string policy_arn, std::string after,
                                                         std::size_t limit) {
  const auto last =
      after.empty() ? std::string() : iam::keys::attachment(account, policy_arn, after);
  auto scanning = store.scan(range_after(iam::keys::attachments(account, policy_arn), last, limit));
  KILN_CO_TRY(const auto entries, co_await std::move(scanning));
  std::vector<AttachedRole> out;
  for (const auto& entry : entries) {
    iam::RecordReader in(entry.value);
    AttachedRole role;
    role.name = in.text();
    role.id = in.text();
    role.path = in.text();
    out.push_back(std::move(role));
  }
  co_return out;
}

Task<Result<std::vector<iam::RoleRecord>>> scan_roles(store::Store& store, std::string account,
                                                      std::string path_prefix, std::string after,
                                                      std::size_t limit) {
  const auto prefix = iam::keys::roles(account);
  auto last = after.empty() ? std::string() : iam::keys::role(account, after);
  std::vector<iam::RoleRecord> out;
  for (;;) {
    const std::size_t wanted = std::min(limit - out.size(), store::kMaxScanEntries);
    auto scanning = store.scan(range_after(prefix, last, wanted));
    KILN_CO_TRY(const auto entries, co_await std::move(scanning));
    for (const auto& entry : entries) {
      KILN_CO_TRY(auto record, iam::decode_role(entry.value));
      if (record.path.starts_with(path_prefix)) out.push_back(std::move(record));
    }
    if (entries.size() < wanted || out.size() >= limit) co_return out;
    last = entries.back().key;
  }
}

Task<Result<std::vector<iam::PolicyRecord>>> scan_policies(store::Store& store, std::string account,
                                                           std::string path_prefix,
                                                           std::string after, std::size_t limit,
                                                           bool only_attached) {
  const auto prefix = iam::keys::policies(account);
  auto last = after.empty() ? std::string() : iam::keys::policy(account, after);
  std::vector<iam::PolicyRecord> out;
  for (;;) {
    const std::size_t wanted = std::min(limit - out.size(), store::kMaxScanEntries);
    auto scanning = store.scan(range_after(prefix, last, wanted));
    KILN_CO_TRY(const auto entries, co_await std::move(scanning));
    for (const auto& entry : entries) {
      KILN_CO_TRY(auto record, iam::decode_policy(entry.value));
      if (only_attached && record.attachments == 0) continue;
      if (record.path.starts_with(path_prefix)) out.push_back(std::move(record));
    }
    if (entries.size() < wanted || out.size() >= limit) co_return out;
    last = entries.back().key;
  }
}

}  // namespace kiln::iam_api
