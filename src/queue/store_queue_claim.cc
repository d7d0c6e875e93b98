// SPDX-License-Identifier: Apache-2.0
#include "queue/store_queue.h"

#include <algorithm>
#include <utility>

namespace kiln::queue {
namespace {

// A waiting claim looks at the clock this often: the wall clock may have been moved.
constexpr std::int64_t kMaxSleepMs = 1'000;
// Rounds of a claim in which all its entries went to others.
constexpr int kMaxRounds = 16;

}  // namespace

Task<Result<std::vector<Lease>>> StoreQueue::claim(QueueId queue, ClaimOptions options) {
  const auto pass = gate_.enter();
  const StatePtr state = state_of(queue);
  options.max = std::clamp<std::size_t>(options.max, 1, kMaxClaim);
  const Monotonic deadline = clock_.monotonic().plus_ms(options.wait_ms);
  std::vector<Lease> out;
  Status failure;
  while (out.empty()) {
    auto collecting = collect(state, options, out);
    failure = co_await collecting;
    if (!failure || !out.empty() || options.wait_ms <= 0 || clock_.monotonic() >= deadline) break;
    if (options.stop.stop_requested() || stop_.stop_requested()) {
      failure = fail(ErrorCode::kCancelled, "queue: stopped");
      break;
    }
    if (waiting_ >= kMaxWaiters) {
      waits_refused_.add();
      break;
    }
    auto waiting = wait_for_work(state, deadline, options.stop);
    co_await waiting;
  }
  if (state->has_work(now())) state->wake_one();
  if (!failure && out.empty()) co_return std::unexpected(std::move(failure.error()));
  claims_.add(static_cast<std::int64_t>(out.size()));
  co_return out;
}

Task<void> StoreQueue::wait_for_work(StatePtr state, Monotonic deadline, std::stop_token stop) {
  const std::int64_t sleep = std::clamp<std::int64_t>(state->idle_until - now(), 1, kMaxSleepMs);
  const auto waiter = std::make_shared<OneShot<bool>>();
  state->waiters.push_back(waiter);
  ++waiting_;
  const std::stop_callback on_stop(stop_.get_token(), [waiter] { waiter->set(false); });
  auto waiting = waiter->wait(clock_, std::min(deadline, clock_.monotonic().plus_ms(sleep)), stop);
  const auto woken = co_await waiting;
  if (woken) wakeups_.add();
  --waiting_;
  state->waiters.remove(waiter);
}

// Fills `out` up to options.max without waiting.
Task<Status> StoreQueue::collect(StatePtr state, ClaimOptions options, std::vector<Lease>& out) {
  for (int round = 0; round < kMaxRounds && out.size() < options.max; ++round) {
    if (state->candidates.empty()) {
      auto refilling = refill(state);
      KILN_CO_TRY_VOID(co_await refilling);
    }
    const std::vector<IndexKey> taken = state->take(options.max - out.size());
    if (taken.empty()) break;
    auto leasing = lease_entries(state, taken, options, out);
    const Status leased = co_await leasing;
    state->put_back(taken);
    if (!leased) {
      state->look_again();
      co_return leased;
    }
    // Without a lease the same item would be found again.
    if (options.lease_ms <= 0 && !out.empty()) break;
  }
  co_return Status{};
}

Task<Status> StoreQueue::refill(StatePtr state) {
  while (state->scanning.inside() > 0) {
    auto scanned = state->scanning.closed();
    co_await scanned;
  }
  const std::int64_t time = now();
  if (!state->has_work(time) || !state->candidates.empty()) co_return Status{};
  const auto pass = state->scanning.enter();
  const bool contended = time < state->contended_until;
  // Those of this process that are being claimed may be found again.
  const std::size_t limit =
      std::min((contended ? kMaxContendedCandidates : kMaxCandidates) + state->taken(),
               store::kMaxScanEntries);
  store::Range range = store::prefix_range(keys::all_due(state->id), limit);
  const std::int64_t begin = state->begin_scan(time, options_.other_nodes);
  if (begin > 0) range.begin = keys::due_from(state->id, begin);
  scans_.add();
  auto scanning = store_.scan(std::move(range));
  const auto entries = co_await scanning;
  if (!entries) {
    state->drop_scan();
    co_return std::unexpected(entries.error());
  }
  std::vector<IndexKey> found;
  found.reserve(entries->size());
  for (const store::Entry& entry : *entries) {
    KILN_CO_TRY(IndexKey key, decode_index_key(state->id, entry.key));
    found.push_back(std::move(key));
  }
  state->end_scan(std::move(found), entries->size() < limit, time, options_.other_nodes);
  if (contended) shuffle(state->candidates);
  co_return Status{};
}

void StoreQueue::shuffle(std::deque<IndexKey>& entries) {
  for (std::size_t left = entries.size(); left > 1; --left) {
    std::swap(entries[left - 1], entries[random_.next_u64() % left]);
  }
}

// A conflict or an unknown outcome is no failure: other entries are tried, and these come back.
Task<Status> StoreQueue::lease_entries(StatePtr state, std::vector<IndexKey> entries,
                                       ClaimOptions options, std::vector<Lease>& out) {
  const auto lost = [&state, this](const Applied& applied) {
    const bool conflict = !applied && applied.error().code == ErrorCode::kConflict;
    const bool unknown = !applied && applied.error().code == ErrorCode::kUnknownOutcome;
    if (conflict) state->contended_until = now() + kContendedMs;
    if (conflict || unknown) state->look_again();
    return conflict || unknown;
  };
  std::vector<IndexKey> items;
  std::vector<IndexKey> groups;
  for (IndexKey& entry : entries) {
    (entry.kind == keys::Kind::kItem ? items : groups).push_back(std::move(entry));
  }
  for (IndexKey& entry : groups) {
    const std::size_t room = options.max - std::min(options.max, out.size() + items.size());
    if (room == 0) {
      state->look_again();
      continue;
    }
    auto leasing = lease_group(state, std::move(entry), options, room, out);
    const Applied applied = co_await leasing;
    if (!applied && !lost(applied)) co_return std::unexpected(applied.error());
  }
  if (items.empty()) co_return Status{};
  auto leasing = lease_items(state, items, options, out);
  Applied applied = co_await leasing;
  if (applied || !lost(applied)) {
    if (!applied) co_return std::unexpected(std::move(applied.error()));
    co_return Status{};
  }
  // Somebody else has one of them: not all of them, or he makes progress.
  for (std::size_t i = 0; items.size() > 1 && i < items.size(); ++i) {
    auto one = lease_items(state, {items[i]}, options, out);
    applied = co_await one;
    if (!applied && !lost(applied)) co_return std::unexpected(std::move(applied.error()));
  }
  co_return Status{};
}

Task<StoreQueue::Applied> StoreQueue::lease_items(StatePtr state, std::vector<IndexKey> entries,
                                                  ClaimOptions options, std::vector<Lease>& out) {
  const std::int64_t time = now();
  const std::int64_t until = time + options.lease_ms;
  store::Batch batch;
  std::vector<Lease> leases;
  for (IndexKey& entry : entries) {
    auto reading = store_.read(keys::item(state->id, entry.name));
    KILN_CO_TRY(auto found, co_await reading);
    if (!found) continue;
    KILN_CO_TRY(ItemRecord record, decode_item(found->value));
    if (record.due != entry.due) continue;
    if (options.max_attempts > 0 && record.attempts >= options.max_attempts) {
      auto burying = bury_item(state, std::move(entry), std::move(found->version),
                               std::move(record), options.dead_letter);
      KILN_CO_TRY_VOID(co_await burying);
      continue;
    }
    auto paying = payload_of(state->id, record);
    KILN_CO_TRY(std::string payload, co_await paying);
    batch.check(found->key, std::move(found->version));
    if (until != entry.due) batch.erase(keys::due(state->id, entry.due, entry.kind, entry.name));
    leases.push_back(make_lease(record, {}, 0, std::move(payload), time, until));
    batch.put(found->key, encode(record));
    batch.put(keys::due(state->id, until, entry.kind, entry.name),
              encode(IndexRecord{.leased = 1}));
  }
  if (leases.empty()) co_return false;
  const auto pending = state->announce(until);
  auto committing = commit(std::move(batch), store::Durability::kBuffered);
  KILN_CO_TRY_VOID(co_await committing);
  std::ranges::move(leases, std::back_inserter(out));
  co_return true;
}

Task<StoreQueue::Applied> StoreQueue::bury_item(StatePtr state, IndexKey entry,
                                                store::Version version, ItemRecord record,
                                                QueueId to) {
  store::Batch batch;
  Announcements pending;
  const std::string key = keys::item(state->id, entry.name);
  batch.check(key, std::move(version)).erase(key);
  batch.erase(keys::due(state->id, entry.due, entry.kind, entry.name));
  erase_body(batch, state->id, record);
  auto moving = add_move(batch, state->id, std::move(to), {}, std::move(record), pending);
  KILN_CO_TRY_VOID(co_await moving);
  auto committing = commit(std::move(batch), store::Durability::kOnDisk);
  KILN_CO_TRY_VOID(co_await committing);
  co_return true;
}

// Marks the record as claimed and describes the claim.
Lease StoreQueue::make_lease(ItemRecord& record, std::string group, std::int64_t sequence,
                             std::string payload, std::int64_t now, std::int64_t until) {
  if (!record.lease.empty()) expired_leases_.add();
  record.lease = random_.bytes(8);
  record.due = until;
  ++record.attempts;
  if (record.first_claimed == 0) record.first_claimed = now;
  const Token token{record.lease, record.id, group, sequence};
  return {.item = make_item(record, std::move(group), sequence, std::move(payload)),
          .token = encode(token)};
}

Item StoreQueue::make_item(const ItemRecord& record, std::string group, std::int64_t sequence,
                           std::string payload) {
  return {.id = record.id,
          .payload = std::move(payload),
          .group = std::move(group),
          .sequence = sequence,
          .note = record.note,
          .attempts = static_cast<int>(record.attempts),
          .sent = {record.sent},
          .first_claimed = {record.first_claimed},
          .visible_at = {record.due},
          .moved_from = record.moved_from,
          .moved = {record.moved}};
}

}  // namespace kiln::queue
