// SPDX-License-Identifier: Apache-2.0
#include "queue/work_registry.h"

#include "base/fields.h"
#include "base/log.h"
#include "queue/keys.h"

#include <optional>
#include <utility>

namespace kiln::queue {

QueueId WorkRegistry::queue_of(const std::string& partition) const {
  return keys::work(partition, name_);
}

Task<Status> WorkRegistry::add(store::Batch& batch, std::string partition) {
  const std::string guard_key = keys::work_guard(partition, name_);
  auto reading = store_.read(guard_key);
  KILN_CO_TRY(const auto guard, co_await reading);
  batch.check(guard_key, guard ? std::optional(guard->version) : std::nullopt);
  if (!guard) {
    batch.put(guard_key, FieldWriter().bytes());
    batch.put(keys::work_registration(partition, name_), FieldWriter().bytes());
  }
  co_return Status{};
}

Task<void> WorkRegistry::scan(std::function<void(const std::string&)> found, std::stop_token stop) {
  for (int shard = 0; shard < keys::kWorkShards && !stop.stop_requested(); ++shard) {
    const std::string prefix = keys::work_shard(name_, shard);
    store::Range range = store::prefix_range(prefix);
    for (bool more = true; more;) {
      auto scanning = store_.scan(range);
      const auto page = co_await scanning;
      if (!page) {
        log::warn("queue", name_ + ": " + page.error().message);
        break;
      }
      for (const store::Entry& entry : *page) {
        store::KeyReader key(std::string_view(entry.key).substr(prefix.size()));
        if (const auto partition = key.next_string()) found(*partition);
      }
      more = page->size() == store::kMaxScanEntries;
      if (more) range.begin = page->back().key + '\0';
    }
  }
}

Task<Result<bool>> WorkRegistry::retire(std::string partition, FaultPoints& faults) {
  auto registered = store_.read(keys::work_registration(partition, name_));
  KILN_CO_TRY(const auto registration, co_await registered);
  auto guarded = store_.read(keys::work_guard(partition, name_));
  KILN_CO_TRY(const auto guard, co_await guarded);
  store::Range first = store::prefix_range(keys::all_due(queue_of(partition)), 1);
  auto looking = store_.scan(first);
  KILN_CO_TRY(auto entries, co_await looking);
  if (!entries.empty()) co_return false;
  if (guard) {
    store::Batch open;
    open.check(guard->key, guard->version).erase(guard->key);
    auto opening = store_.commit(std::move(open));
    KILN_CO_TRY_VOID(co_await opening);
    KILN_CO_TRY_VOID(faults.reach(name_ + ".retire"));
    auto again = store_.scan(first);
    KILN_CO_TRY(entries, co_await again);
    if (!entries.empty()) co_return false;
  }
  if (!registration) co_return true;
  store::Batch forget;
  forget.check(registration->key, registration->version).erase(registration->key);
  auto forgetting = store_.commit(std::move(forget));
  KILN_CO_TRY_VOID(co_await forgetting);
  co_return true;
}

}  // namespace kiln::queue
