// SPDX-License-Identifier: Apache-2.0
// Groups: a group is one due entry, guarded by one record that every change of its line rewrites.
// So changes of one group come one after another, and nothing about it depends on a range.
#include "queue/store_queue.h"

#include <algorithm>
#include <utility>

namespace kiln::queue {

Task<Result<std::optional<StoreQueue::GroupView>>> StoreQueue::load_group(QueueId queue,
                                                                          std::string name) {
  auto snapping = store_.snapshot();
  KILN_CO_TRY(const store::SnapshotPtr at, co_await snapping);
  auto reading = store_.read(keys::group(queue, name), at);
  KILN_CO_TRY(auto entry, co_await reading);
  if (!entry) co_return std::optional<GroupView>{};
  GroupView out{.name = name, .version = entry->version};
  KILN_CO_TRY(out.record, decode_group(entry->value));
  const std::string prefix = keys::line_of(queue, name);
  auto scanning = store_.scan(store::prefix_range(prefix, kMaxClaimOfGroup + 1), at);
  KILN_CO_TRY(const auto lines, co_await scanning);
  for (const store::Entry& line : lines) {
    store::KeyReader key(std::string_view(line.key).substr(prefix.size()));
    KILN_CO_TRY(const std::int64_t sequence, key.next_integer());
    KILN_CO_TRY(ItemRecord record, decode_item(line.value));
    out.head.push_back({sequence, std::move(record)});
  }
  co_return out;
}

std::int64_t StoreQueue::store_group(store::Batch& batch, const QueueId& queue,
                                     const GroupView& before, GroupView after, std::int64_t now) {
  const bool existed = !before.version.empty();
  const std::string key = keys::group(queue, before.name);
  batch.check(key, existed ? std::optional(before.version) : std::nullopt);
  const std::string old_due = keys::due(queue, before.record.due, keys::Kind::kGroup, before.name);
  if (after.head.empty()) {
    batch.erase(key).erase(old_due);
    return kNever;
  }
  // Leases are at the head of the line only, so the head tells when all of them have ended.
  after.record.due = after.head.front().record.due;
  after.record.index.leased = 0;
  for (const Line& line : after.head) {
    if (line.record.lease.empty()) continue;
    after.record.due = std::max(after.record.due, line.record.due);
    if (line.record.due > now) ++after.record.index.leased;
  }
  if (existed && after.record.due != before.record.due) batch.erase(old_due);
  batch.put(key, encode(after.record));
  batch.put(keys::due(queue, after.record.due, keys::Kind::kGroup, before.name),
            encode(after.record.index));
  return after.record.due;
}

Task<Status> StoreQueue::add_line(store::Batch& batch, QueueId queue, std::string group,
                                  std::vector<ItemRecord> records, std::vector<SentItem>& sent,
                                  Announcements& pending) {
  auto loading = load_group(queue, group);
  KILN_CO_TRY(auto found, co_await loading);
  const std::int64_t time = now();
  GroupView before;
  if (found) {
    before = std::move(*found);
  } else {
    before.name = group;
    // Larger than what an earlier line of this name has used, so that numbers grow.
    before.record = {.tail = time << 20, .index = {.queued = 0}};
  }
  GroupView after = before;
  for (ItemRecord& record : records) {
    const std::int64_t sequence = ++after.record.tail;
    ++after.record.index.queued;
    batch.put(keys::line(queue, group, sequence), encode(record));
    sent.push_back({.id = record.id, .sequence = sequence});
    if (after.head.size() <= kMaxClaimOfGroup) after.head.push_back({sequence, std::move(record)});
  }
  const std::int64_t due = store_group(batch, queue, before, std::move(after), time);
  pending.push_back(state_of(queue)->announce(due));
  co_return Status{};
}

Task<StoreQueue::Applied> StoreQueue::try_change_line(QueueId queue, Token token, Change change) {
  auto loading = load_group(queue, token.group);
  KILN_CO_TRY(auto before, co_await loading);
  if (!before) co_return false;
  const std::int64_t time = now();
  GroupView after = *before;
  const auto line = std::ranges::find(after.head, token.sequence, &Line::sequence);
  if (line == after.head.end() || line->record.lease != token.lease || line->record.due <= time) {
    co_return false;
  }
  store::Batch batch;
  Announcements pending;
  auto durability = store::Durability::kBuffered;
  const std::string key = keys::line(queue, token.group, token.sequence);
  if (change.kind == Change::Kind::kDone || change.kind == Change::Kind::kBury) {
    durability = store::Durability::kOnDisk;
    ItemRecord record = std::move(line->record);
    after.head.erase(line);
    --after.record.index.queued;
    batch.erase(key);
    erase_body(batch, queue, record);
    if (change.kind == Change::Kind::kBury) {
      auto moving = add_move(batch, queue, change.to, token.group, std::move(record), pending);
      KILN_CO_TRY_VOID(co_await moving);
    }
  } else {
    line->record.due = change.due;
    if (change.kind == Change::Kind::kRelease) {
      line->record.lease.clear();
      line->record.note = std::move(change.note);
    }
    batch.put(key, encode(line->record));
  }
  const std::int64_t due = store_group(batch, queue, *before, std::move(after), time);
  if (due != kNever) pending.push_back(state_of(queue)->announce(due));
  auto committing = commit(std::move(batch), durability);
  KILN_CO_TRY_VOID(co_await committing);
  co_return true;
}

Task<StoreQueue::Applied> StoreQueue::lease_group(StatePtr state, IndexKey entry,
                                                  ClaimOptions options, std::size_t room,
                                                  std::vector<Lease>& out) {
  auto loading = load_group(state->id, entry.name);
  KILN_CO_TRY(auto before, co_await loading);
  const std::int64_t time = now();
  if (!before || before->record.due > time || before->head.empty()) co_return false;
  const auto used_up = [&options](const ItemRecord& record) {
    return options.max_attempts > 0 && record.attempts >= options.max_attempts;
  };
  if (used_up(before->head.front().record)) {
    auto burying = bury_head(state, std::move(*before), options.dead_letter);
    co_return co_await burying;
  }
  GroupView after = *before;
  store::Batch batch;
  std::vector<Lease> leases;
  const std::int64_t until = time + options.lease_ms;
  room = std::min({room, options.max_of_group, kMaxClaimOfGroup});
  for (std::size_t i = 0; i < after.head.size() && i < room; ++i) {
    Line& line = after.head[i];
    if (line.record.due > time || used_up(line.record)) break;
    auto reading = payload_of(state->id, line.record);
    KILN_CO_TRY(std::string payload, co_await reading);
    leases.push_back(
        make_lease(line.record, entry.name, line.sequence, std::move(payload), time, until));
    batch.put(keys::line(state->id, entry.name, line.sequence), encode(line.record));
  }
  const std::int64_t due = store_group(batch, state->id, *before, std::move(after), time);
  const auto pending = state->announce(due);
  auto committing = commit(std::move(batch), store::Durability::kBuffered);
  KILN_CO_TRY_VOID(co_await committing);
  std::ranges::move(leases, std::back_inserter(out));
  co_return true;
}

Task<StoreQueue::Applied> StoreQueue::bury_head(StatePtr state, GroupView group, QueueId to) {
  GroupView after = group;
  const Line head = std::move(after.head.front());
  after.head.erase(after.head.begin());
  --after.record.index.queued;
  store::Batch batch;
  Announcements pending;
  batch.erase(keys::line(state->id, group.name, head.sequence));
  erase_body(batch, state->id, head.record);
  auto moving = add_move(batch, state->id, std::move(to), group.name, head.record, pending);
  KILN_CO_TRY_VOID(co_await moving);
  const std::int64_t due = store_group(batch, state->id, group, std::move(after), now());
  if (due != kNever) pending.push_back(state->announce(due));
  auto committing = commit(std::move(batch), store::Durability::kOnDisk);
  KILN_CO_TRY_VOID(co_await committing);
  co_return true;
}

}  // namespace kiln::queue
