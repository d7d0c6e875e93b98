// SPDX-License-Identifier: Apache-2.0
#include "queue/store_queue.h"
#include "store/retry.h"

#include <algorithm>
#include <utility>

namespace kiln::queue {
namespace {

constexpr std::size_t kPurgePage = 200;
constexpr std::size_t kPurgeLines = 100;

void add(Counts& counts, std::int64_t due, const IndexRecord& record, std::int64_t now) {
  const std::int64_t waiting = record.queued - record.leased;
  if (due <= now) {
    counts.visible += record.queued;
  } else if (record.leased > 0) {
    counts.leased += record.leased;
    counts.visible += waiting;
  } else {
    counts.delayed += waiting;
  }
}

// The first key after `key`.
std::string after(std::string key) {
  key.push_back('\0');
  return key;
}

}  // namespace

// nullopt when there are more than `max_entries`.
Task<Result<std::optional<Counts>>> StoreQueue::count(QueueId queue, std::size_t max_entries) {
  auto snapping = store_.snapshot();
  KILN_CO_TRY(const store::SnapshotPtr at, co_await snapping);
  const std::int64_t time = now();
  Counts out;
  store::Range range = store::prefix_range(keys::all_due(queue));
  for (std::size_t seen = 0;;) {
    auto scanning = store_.scan(range, at);
    KILN_CO_TRY(const auto page, co_await scanning);
    for (const store::Entry& entry : page) {
      KILN_CO_TRY(const IndexKey key, decode_index_key(queue, entry.key));
      KILN_CO_TRY(const IndexRecord record, decode_index(entry.value));
      add(out, key.due, record, time);
    }
    seen += page.size();
    if (page.size() < store::kMaxScanEntries) co_return out;
    if (seen >= max_entries) co_return std::optional<Counts>{};
    range.begin = after(page.back().key);
  }
}

Task<Result<Counts>> StoreQueue::counts(QueueId queue) {
  const auto pass = gate_.enter();
  const StatePtr state = state_of(queue);
  const std::int64_t time = now();
  const bool known_long = state->counted_at > 0 && time - state->counted_at < kCountLifetimeMs;
  if (!known_long) {
    auto counting = count(queue, kMaxExactCount);
    KILN_CO_TRY(const auto counted, co_await counting);
    if (counted) {
      state->counted_at = 0;
      co_return *counted;
    }
    if (!state->counting) spawn(recount(state));
  }
  Counts out = state->counted;
  if (state->counted_at == 0) out.visible = static_cast<std::int64_t>(kMaxExactCount);
  out.exact = false;
  co_return out;
}

// Counts a long queue page by page; what moves meanwhile may be counted twice or not at all.
Task<void> StoreQueue::recount(StatePtr state) {
  const auto pass = gate_.enter();
  state->counting = true;
  Counts out;
  store::Range range = store::prefix_range(keys::all_due(state->id));
  for (bool more = true; more && !stop_.stop_requested();) {
    auto scanning = store_.scan(range);
    const auto page = co_await scanning;
    if (!page) break;
    const std::int64_t time = now();
    for (const store::Entry& entry : *page) {
      const auto key = decode_index_key(state->id, entry.key);
      const auto record = decode_index(entry.value);
      if (key && record) add(out, key->due, *record, time);
    }
    more = page->size() == store::kMaxScanEntries;
    if (more) {
      range.begin = after(page->back().key);
    } else {
      state->counted = out;
      state->counted_at = time;
    }
  }
  state->counting = false;
}

Task<Result<std::vector<Item>>> StoreQueue::peek(QueueId queue, std::size_t limit) {
  const auto pass = gate_.enter();
  limit = std::min(limit, kMaxClaim);
  auto scanning = store_.scan(store::prefix_range(keys::all_due(queue), limit));
  KILN_CO_TRY(const auto entries, co_await scanning);
  std::vector<Item> out;
  for (const store::Entry& entry : entries) {
    KILN_CO_TRY(IndexKey key, decode_index_key(queue, entry.key));
    std::vector<Line> lines;
    if (key.kind == keys::Kind::kItem) {
      auto reading = store_.read(keys::item(queue, key.name));
      KILN_CO_TRY(const auto found, co_await reading);
      if (!found) continue;
      KILN_CO_TRY(ItemRecord record, decode_item(found->value));
      lines.push_back({0, std::move(record)});
      key.name.clear();
    } else {
      auto loading = load_group(queue, key.name);
      KILN_CO_TRY(auto group, co_await loading);
      if (group) lines = std::move(group->head);
    }
    for (Line& line : lines) {
      if (out.size() == limit) co_return out;
      auto reading = payload_of(queue, line.record);
      auto payload = co_await reading;
      if (!payload) continue;  // gone meanwhile
      out.push_back(make_item(line.record, key.name, line.sequence, std::move(*payload)));
    }
  }
  co_return out;
}

Task<Result<std::int64_t>> StoreQueue::count_leased(QueueId queue, std::int64_t limit) {
  const auto pass = gate_.enter();
  store::Range range = store::prefix_range(keys::all_due(queue));
  range.begin = keys::due_from(queue, now() + 1);  // a lease that has ended is none
  std::int64_t out = 0;
  while (out < limit) {
    auto scanning = store_.scan(range);
    KILN_CO_TRY(const auto page, co_await scanning);
    for (const store::Entry& entry : page) {
      KILN_CO_TRY(const IndexRecord record, decode_index(entry.value));
      out += record.leased;
    }
    if (page.size() < store::kMaxScanEntries) break;
    range.begin = after(page.back().key);
  }
  co_return out;
}

Task<Result<std::optional<Found>>> StoreQueue::find(QueueId queue, std::string token,
                                                    bool with_payload) {
  const auto pass = gate_.enter();
  KILN_CO_TRY(const Token parsed, decode_token(token));
  auto reading =
      store_.read(parsed.group.empty() ? keys::item(queue, parsed.id)
                                       : keys::line(queue, parsed.group, parsed.sequence));
  KILN_CO_TRY(const auto entry, co_await reading);
  if (!entry) co_return std::nullopt;
  KILN_CO_TRY(const ItemRecord record, decode_item(entry->value));
  if (record.id != parsed.id) co_return std::nullopt;
  std::string payload;
  if (with_payload) {
    auto paying = payload_of(queue, record);
    KILN_CO_TRY(payload, co_await paying);
  }
  co_return Found{.item = make_item(record, parsed.group, parsed.sequence, std::move(payload)),
                  .held = record.lease == parsed.lease};
}

Task<Status> StoreQueue::purge(QueueId queue, Timestamp sent_before) {
  const auto pass = gate_.enter();
  auto items = purge_items(queue, sent_before.ms);
  KILN_CO_TRY_VOID(co_await items);
  auto groups = purge_groups(queue, sent_before.ms);
  KILN_CO_TRY_VOID(co_await groups);
  const StatePtr state = state_of(queue);
  state->candidates.clear();
  state->look_again();
  state->counted_at = 0;
  co_return Status{};
}

Task<Status> StoreQueue::purge_items(QueueId queue, std::int64_t sent_before) {
  store::Range range = store::prefix_range(queue + store::key("queue", "item"), kPurgePage);
  // An item's id begins with its time of sending, also after it has moved.
  const std::int64_t last_ms = (std::int64_t{1} << 48) - 1;
  range.end = keys::item(queue, id_prefix(std::clamp<std::int64_t>(sent_before, 0, last_ms)));
  while (!stop_.stop_requested()) {
    auto scanning = store_.scan(range);
    KILN_CO_TRY(const auto page, co_await scanning);
    if (page.empty()) co_return Status{};
    store::Batch batch;
    for (const store::Entry& entry : page) {
      KILN_CO_TRY(const ItemRecord record, decode_item(entry.value));
      if (record.sent >= sent_before) continue;
      batch.check(entry.key, entry.version).erase(entry.key);
      batch.erase(keys::due(queue, record.due, keys::Kind::kItem, record.id));
      erase_body(batch, queue, record);
    }
    Status purged;
    if (!batch.writes.empty()) {
      auto committing = commit(std::move(batch), store::Durability::kOnDisk);
      purged = co_await committing;
    }
    if (!purged) {
      if (purged.error().code != ErrorCode::kConflict) co_return purged;
      // A claim came between; fewer at a time meet fewer claims.
      range.limit = std::max<std::size_t>(range.limit / 4, 1);
      continue;
    }
    range.begin = after(page.back().key);
    range.limit = kPurgePage;
  }
  co_return fail(ErrorCode::kCancelled, "queue: stopped");
}

Task<Status> StoreQueue::purge_groups(QueueId queue, std::int64_t sent_before) {
  const std::string prefix = queue + store::key("queue", "group");
  store::Range range = store::prefix_range(prefix, kPurgePage);
  for (;;) {
    auto scanning = store_.scan(range);
    KILN_CO_TRY(const auto page, co_await scanning);
    for (const store::Entry& entry : page) {
      store::KeyReader key(std::string_view(entry.key).substr(prefix.size()));
      KILN_CO_TRY(const std::string name, key.next_string());
      for (bool more = true; more;) {
        if (stop_.stop_requested()) co_return fail(ErrorCode::kCancelled, "queue: stopped");
        auto purging =
            store::retry_on_conflict([&] { return purge_group(queue, name, sent_before, more); });
        KILN_CO_TRY_VOID(co_await purging);
      }
    }
    if (page.size() < kPurgePage) co_return Status{};
    range.begin = after(page.back().key);
  }
}

Task<StoreQueue::Applied> StoreQueue::purge_group(QueueId queue, std::string name,
                                                  std::int64_t sent_before, bool& more) {
  more = false;
  auto loading = load_group(queue, name);
  KILN_CO_TRY(auto before, co_await loading);
  if (!before) co_return false;
  // The head as it is after up to kPurgeLines have gone. The check of the group's record makes a
  // later read of its line as good as one at the same moment.
  const std::string prefix = keys::line_of(queue, name);
  auto scanning = store_.scan(store::prefix_range(prefix, kPurgeLines + kMaxClaimOfGroup + 1));
  KILN_CO_TRY(const auto lines, co_await scanning);
  store::Batch batch;
  GroupView after = *before;
  after.head.clear();
  std::size_t purged = 0;
  for (const store::Entry& line : lines) {
    store::KeyReader key(std::string_view(line.key).substr(prefix.size()));
    KILN_CO_TRY(const std::int64_t sequence, key.next_integer());
    KILN_CO_TRY(ItemRecord record, decode_item(line.value));
    if (std::max(record.sent, record.moved) < sent_before && purged < kPurgeLines) {
      ++purged;
      batch.erase(line.key);
      erase_body(batch, queue, record);
    } else if (after.head.size() <= kMaxClaimOfGroup) {
      after.head.push_back({sequence, std::move(record)});
    }
  }
  if (purged == 0) co_return false;
  after.record.index.queued -= static_cast<std::int64_t>(purged);
  const std::int64_t due = store_group(batch, queue, *before, std::move(after), now());
  std::shared_ptr<void> pending;
  if (due != kNever) pending = state_of(queue)->announce(due);
  auto committing = commit(std::move(batch), store::Durability::kOnDisk);
  KILN_CO_TRY_VOID(co_await committing);
  more = purged == kPurgeLines;
  co_return true;
}

}  // namespace kiln::queue
