// SPDX-License-Identifier: Apache-2.0
#include "queue/store_queue.h"

#include "store/retry.h"

#include <algorithm>
#include <map>
#include <utility>

namespace kiln::queue {
namespace {

constexpr int kMaxUnknownOutcomes = 4;

std::unexpected<Error> lease_lost() {
  return fail(ErrorCode::kConflict, "queue: the lease is lost");
}

// A UUID of version 7: the time, then random bits, so that new records are written side by side.
std::string new_id(std::int64_t now, Random& random) {
  std::string out = random.uuid();
  const std::string prefix = id_prefix(now);
  out.replace(0, prefix.size(), prefix);
  out[14] = '7';
  return out;
}

}  // namespace

StoreQueue::StoreQueue(store::Store& store, Executor& home, Clock& clock, Random& random,
                       Metrics& metrics, FaultPoints& faults, StoreQueueOptions options)
    : store_(store),
      home_(home),
      clock_(clock),
      random_(random),
      faults_(faults),
      options_(options),
      sends_(metrics.counter("kiln_queue_sends_total")),
      claims_(metrics.counter("kiln_queue_claims_total")),
      scans_(metrics.counter("kiln_queue_scans_total")),
      conflicts_(metrics.counter("kiln_queue_conflicts_total")),
      expired_leases_(metrics.counter("kiln_queue_expired_leases_total")),
      dead_letters_(metrics.counter("kiln_queue_dead_letters_total")),
      wakeups_(metrics.counter("kiln_queue_wakeups_total")),
      waits_refused_(metrics.counter("kiln_queue_waits_refused_total")),
      cached_queues_(metrics.counter("kiln_queue_cached_queues")) {}

StoreQueue::~StoreQueue() = default;

Task<void> StoreQueue::stop() {
  stop_.request_stop();
  auto closed = gate_.closed();
  co_await closed;
}

StoreQueue::StatePtr StoreQueue::state_of(const QueueId& queue) {
  if (const auto it = by_id_.find(queue); it != by_id_.end()) {
    states_.splice(states_.begin(), states_, it->second);
    return states_.front();
  }
  // Those in use stay: two states of one queue would not know of each other's sends.
  for (auto it = states_.end(); states_.size() >= kMaxCachedQueues && it != states_.begin();) {
    --it;
    if (it->use_count() > 1) continue;
    by_id_.erase((*it)->id);
    it = states_.erase(it);
  }
  states_.push_front(std::make_shared<QueueState>(queue, home_));
  by_id_[queue] = states_.begin();
  cached_queues_.set(static_cast<std::int64_t>(states_.size()));
  StatePtr state = states_.front();
  if (options_.other_nodes) {
    state->watch =
        store_.watch(keys::all_due(queue), home_, [weak = std::weak_ptr<QueueState>(state)] {
          if (const auto watched = weak.lock()) watched->hint();
        });
  }
  return state;
}

Task<Status> StoreQueue::commit(store::Batch batch, store::Durability durability) {
  batch.durability = durability;
  // What may be lost is not worth a key of its own; its unknown outcome is a lost lease.
  if (durability == store::Durability::kOnDisk) batch.idempotency_key = random_.bytes(16);
  for (int tries = 1;; ++tries) {
    KILN_CO_TRY_VOID(faults_.reach("queue.before_commit"));
    auto committing = store_.commit(batch);
    Status result = co_await committing;
    if (result) result = faults_.reach("queue.after_commit");
    if (!result && result.error().code == ErrorCode::kConflict) conflicts_.add();
    const bool unknown = !result && result.error().code == ErrorCode::kUnknownOutcome;
    if (!unknown || batch.idempotency_key.empty() || tries == kMaxUnknownOutcomes) {
      co_return result;
    }
  }
}

Task<Result<std::string>> StoreQueue::payload_of(QueueId queue, ItemRecord record) {
  if (record.body_parts == 0) co_return std::move(record.payload);
  std::string payload;
  for (std::int64_t part = 0; part < record.body_parts; ++part) {
    auto reading = store_.read(keys::body(queue, record.id, part));
    KILN_CO_TRY(auto entry, co_await reading);
    if (!entry) co_return fail(ErrorCode::kConflict, "queue: the item is gone");
    payload += entry->value;
  }
  co_return payload;
}

ItemRecord StoreQueue::new_record(const Message& message, std::int64_t now) {
  return {.id = new_id(now, random_), .sent = now, .due = std::max(message.visible_at.ms, now)};
}

void StoreQueue::put_body(store::Batch& batch, const QueueId& queue, ItemRecord& record,
                          std::string payload) {
  record.body_parts = 0;
  if (payload.size() <= kMaxInlineBytes) {
    record.payload = std::move(payload);
    return;
  }
  record.payload.clear();
  for (std::size_t at = 0; at < payload.size(); at += kMaxBodyPart) {
    batch.put(keys::body(queue, record.id, record.body_parts++), payload.substr(at, kMaxBodyPart));
  }
}

void StoreQueue::erase_body(store::Batch& batch, const QueueId& queue, const ItemRecord& record) {
  for (std::int64_t part = 0; part < record.body_parts; ++part) {
    batch.erase(keys::body(queue, record.id, part));
  }
}

Result<Sent> StoreQueue::add_send(store::Batch& batch, const QueueId& queue, Message message) {
  if (!message.group.empty()) {
    return fail(ErrorCode::kInvalidArgument, "queue: add_send of a message of a group");
  }
  if (message.payload.size() > kMaxPayloadBytes) {
    return fail(ErrorCode::kLimitExceeded, "queue: the payload is too large");
  }
  ItemRecord record = new_record(message, now());
  put_body(batch, queue, record, std::move(message.payload));
  batch.put(keys::item(queue, record.id), encode(record));
  batch.put(keys::due(queue, record.due, keys::Kind::kItem, record.id), encode(IndexRecord{}));
  sends_.add();
  auto pending = state_of(queue)->announce(record.due);
  return Sent{.items = {{.id = std::move(record.id)}}, .pending = std::move(pending)};
}

Task<Result<Sent>> StoreQueue::add_sends(store::Batch& batch, QueueId queue,
                                         std::vector<Message> messages) {
  Sent sent;
  auto pending = std::make_shared<Announcements>();
  std::map<std::string, std::vector<ItemRecord>> groups;
  std::map<std::string, std::vector<std::size_t>> places;
  for (Message& message : messages) {
    if (message.group.empty()) {
      KILN_CO_TRY(Sent one, add_send(batch, queue, std::move(message)));
      sent.items.push_back(std::move(one.items.front()));
      pending->push_back(std::move(one.pending));
      continue;
    }
    if (message.payload.size() > kMaxPayloadBytes) {
      co_return fail(ErrorCode::kLimitExceeded, "queue: the payload is too large");
    }
    ItemRecord record = new_record(message, now());
    put_body(batch, queue, record, std::move(message.payload));
    places[message.group].push_back(sent.items.size());
    sent.items.push_back({.id = record.id});
    groups[message.group].push_back(std::move(record));
    sends_.add();
  }
  for (auto& [group, records] : groups) {
    std::vector<SentItem> lined;
    auto adding = add_line(batch, queue, group, std::move(records), lined, *pending);
    KILN_CO_TRY_VOID(co_await adding);
    for (std::size_t i = 0; i < lined.size(); ++i) sent.items[places[group][i]] = lined[i];
  }
  sent.pending = std::move(pending);
  co_return sent;
}

Task<Result<std::vector<SentItem>>> StoreQueue::send(QueueId queue, std::vector<Message> messages) {
  const auto pass = gate_.enter();
  std::vector<SentItem> out;
  auto sending = store::retry_on_conflict([&] { return try_send(queue, messages, out); });
  KILN_CO_TRY_VOID(co_await sending);
  co_return out;
}

Task<StoreQueue::Applied> StoreQueue::try_send(QueueId queue, std::vector<Message> messages,
                                               std::vector<SentItem>& out) {
  store::Batch batch;
  auto adding = add_sends(batch, queue, std::move(messages));
  KILN_CO_TRY(Sent sent, co_await adding);
  auto committing = commit(std::move(batch), store::Durability::kOnDisk);
  KILN_CO_TRY_VOID(co_await committing);
  out = std::move(sent.items);
  co_return true;
}

Task<Status> StoreQueue::done(QueueId queue, std::string token) {
  return change(std::move(queue), std::move(token), {.kind = Change::Kind::kDone});
}

Task<Status> StoreQueue::change_visibility(QueueId queue, std::string token, Timestamp until) {
  return change(std::move(queue), std::move(token),
                {.kind = Change::Kind::kVisibility, .due = std::max(until.ms, now())});
}

Task<Status> StoreQueue::release(QueueId queue, std::string token, Timestamp visible_at,
                                 std::string note) {
  if (note.size() > kMaxNoteBytes) {
    co_return fail(ErrorCode::kLimitExceeded, "queue: the note is too large");
  }
  auto changing = change(std::move(queue), std::move(token),
                         {.kind = Change::Kind::kRelease,
                          .due = std::max(visible_at.ms, now()),
                          .note = std::move(note)});
  co_return co_await changing;
}

Task<Result<bool>> StoreQueue::add_done(store::Batch& batch, QueueId queue, std::string token) {
  KILN_CO_TRY(const Token parsed, decode_token(token));
  if (!parsed.group.empty()) {
    co_return fail(ErrorCode::kInvalidArgument, "queue: add_done of an item of a group");
  }
  auto reading = store_.read(keys::item(queue, parsed.id));
  KILN_CO_TRY(auto entry, co_await reading);
  if (!entry) co_return false;
  KILN_CO_TRY(const ItemRecord record, decode_item(entry->value));
  if (record.lease != parsed.lease) co_return false;
  add_erase(batch, queue, std::move(*entry), record);
  co_return true;
}

void StoreQueue::add_erase(store::Batch& batch, const QueueId& queue, store::Entry entry,
                           const ItemRecord& record) {
  batch.check(entry.key, std::move(entry.version)).erase(std::move(entry.key));
  batch.erase(keys::due(queue, record.due, keys::Kind::kItem, record.id));
  erase_body(batch, queue, record);
}

Task<Status> StoreQueue::bury(QueueId queue, std::string token, QueueId to) {
  return change(std::move(queue), std::move(token),
                {.kind = Change::Kind::kBury, .to = std::move(to)});
}

Task<Status> StoreQueue::change(QueueId queue, std::string token, Change change) {
  const auto pass = gate_.enter();
  KILN_CO_TRY(const Token parsed, decode_token(token));
  auto changing = store::retry_on_conflict([&] {
    return parsed.group.empty() ? try_change_item(queue, parsed, change)
                                : try_change_line(queue, parsed, change);
  });
  KILN_CO_TRY(const bool applied, co_await changing);
  if (!applied) co_return lease_lost();
  co_return Status{};
}

Task<StoreQueue::Applied> StoreQueue::try_change_item(QueueId queue, Token token, Change change) {
  auto reading = store_.read(keys::item(queue, token.id));
  KILN_CO_TRY(auto entry, co_await reading);
  if (!entry) co_return false;
  KILN_CO_TRY(ItemRecord record, decode_item(entry->value));
  if (record.lease != token.lease) co_return false;

  store::Batch batch;
  Announcements pending;
  auto durability = store::Durability::kOnDisk;
  if (change.kind == Change::Kind::kDone) {
    add_erase(batch, queue, std::move(*entry), record);
  } else if (change.kind == Change::Kind::kBury) {
    add_erase(batch, queue, std::move(*entry), record);
    auto moving = add_move(batch, queue, change.to, {}, std::move(record), pending);
    KILN_CO_TRY_VOID(co_await moving);
  } else {
    batch.check(entry->key, entry->version);
    batch.erase(keys::due(queue, record.due, keys::Kind::kItem, record.id));
    record.due = change.due;
    const bool leased = change.kind == Change::Kind::kVisibility;
    if (!leased) {
      record.lease.clear();
      record.note = std::move(change.note);
    }
    batch.put(entry->key, encode(record));
    batch.put(keys::due(queue, record.due, keys::Kind::kItem, record.id),
              encode(IndexRecord{.leased = leased ? 1 : 0}));
    pending.push_back(state_of(queue)->announce(record.due));
    durability = store::Durability::kBuffered;
  }
  auto committing = commit(std::move(batch), durability);
  KILN_CO_TRY_VOID(co_await committing);
  co_return true;
}

// Adds the writes that make `record` a new item of `to`, not those that take it from `from`.
Task<Status> StoreQueue::add_move(store::Batch& batch, QueueId from, QueueId to, std::string group,
                                  ItemRecord record, Announcements& pending) {
  auto reading = payload_of(from, record);
  KILN_CO_TRY(std::string payload, co_await reading);
  record.moved_from = std::move(from);
  record.moved = now();
  record.attempts = 0;
  record.first_claimed = 0;
  record.lease.clear();
  record.note.clear();
  record.due = now();
  put_body(batch, to, record, std::move(payload));
  dead_letters_.add();
  if (!group.empty()) {
    std::vector<SentItem> ignored;
    std::vector<ItemRecord> records;
    records.push_back(std::move(record));
    auto adding =
        add_line(batch, std::move(to), std::move(group), std::move(records), ignored, pending);
    co_return co_await adding;
  }
  batch.put(keys::item(to, record.id), encode(record));
  batch.put(keys::due(to, record.due, keys::Kind::kItem, record.id), encode(IndexRecord{}));
  pending.push_back(state_of(to)->announce(record.due));
  co_return Status{};
}

}  // namespace kiln::queue
