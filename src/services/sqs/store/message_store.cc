// SPDX-License-Identifier: Apache-2.0
#include "services/sqs/store/message_store.h"

#include "base/crypto.h"
#include "services/sqs/store/keys.h"
#include "store/retry.h"

#include <algorithm>
#include <utility>

namespace kiln::sqs {
namespace {

constexpr std::size_t kForgetPage = 200;
constexpr std::int64_t kActiveMs = 6 * 3'600'000;

metering::ResourceMeter::Resource resource_of(const Queue& queue) {
  return {queue.name.account, queue.name.region, queue.name.name};
}

}  // namespace

MessageStore::MessageStore(store::Store& store, queue::Queue& queue, QueueDirectory& directory,
                           Clock& clock, Metrics& metrics, metering::ResourceMeter& meter)
    : store_(store),
      queue_(queue),
      directory_(directory),
      clock_(clock),
      in_flight_(queue, clock),
      meter_(meter),
      sent_(metrics.counter("kiln_sqs_messages_sent_total")),
      received_(metrics.counter("kiln_sqs_messages_received_total")),
      deleted_(metrics.counter("kiln_sqs_messages_deleted_total")),
      expired_(metrics.counter("kiln_sqs_messages_expired_total")),
      duplicates_(metrics.counter("kiln_sqs_duplicates_total")) {}

Task<Result<std::vector<Accepted>>> MessageStore::send(QueuePtr queue,
                                                       std::vector<Outgoing> messages) {
  const std::size_t count = messages.size();
  std::vector<Accepted> out;
  if (queue->settings.fifo) {
    auto sending = store::retry_on_conflict([&] { return try_send_fifo(queue, messages, out); });
    KILN_CO_TRY_VOID(co_await sending);
  } else {
    const std::int64_t now = clock_.wall().ms;
    std::vector<queue::Message> items;
    items.reserve(count);
    for (const Outgoing& message : messages) {
      items.push_back({.payload = encode(message.message),
                       .visible_at = {now + message.delay_seconds * 1'000},
                       .group = {}});
    }
    auto sending = queue_.send(queue->messages, std::move(items));
    KILN_CO_TRY(auto sent, co_await sending);
    for (queue::SentItem& item : sent) out.push_back({.id = std::move(item.id)});
    for (const Outgoing& message : messages) note_sent(*queue, message.message);
  }
  sent_.add(static_cast<std::int64_t>(count));
  co_return out;
}

// The answer of the first message with this id, while its five minutes last.
Task<Result<bool>> MessageStore::find_duplicate(store::Batch& batch, QueuePtr queue,
                                                Deduplication& wanted) {
  auto reading = store_.read(wanted.key);
  KILN_CO_TRY(auto entry, co_await reading);
  if (!entry) {
    batch.check_absent(wanted.key);
    co_return false;
  }
  KILN_CO_TRY(DeduplicationRecord record, decode_deduplication(entry->value));
  if (record.ends_ms > clock_.wall().ms) {
    wanted.known = Accepted{std::move(record.message_id), record.sequence};
    co_return true;
  }
  batch.check(wanted.key, std::move(entry->version));
  batch.erase(keys::deduplication_end(queue->messages, record.ends_ms, wanted.scope, wanted.id));
  co_return false;
}

Task<Result<bool>> MessageStore::try_send_fifo(QueuePtr queue, std::vector<Outgoing> messages,
                                               std::vector<Accepted>& out) {
  const std::int64_t now = clock_.wall().ms;
  store::Batch batch;
  std::vector<queue::Message> items;
  std::vector<Deduplication> ids(messages.size());
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const Message& message = messages[i].message;
    Deduplication& id = ids[i];
    id.id = message.deduplication_id;
    if (queue->settings.deduplicate_per_group) id.scope = message.group_id;
    id.key = keys::deduplication(queue->messages, id.scope, id.id);
    const auto first = std::ranges::find(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(i),
                                         id.key, &Deduplication::key);
    id.first = static_cast<std::size_t>(first - ids.begin());
    if (id.first != i) continue;
    auto finding = find_duplicate(batch, queue, id);
    KILN_CO_TRY(const bool duplicate, co_await finding);
    if (duplicate) continue;
    id.item = items.size();
    items.push_back({.payload = encode(message),
                     .visible_at = {now + messages[i].delay_seconds * 1'000},
                     .group = message.group_id});
  }
  queue::Sent sent;
  if (!items.empty()) {
    auto adding = queue_.add_sends(batch, queue->messages, std::move(items));
    KILN_CO_TRY(sent, co_await adding);
  }
  const std::int64_t ends = now + kDeduplicationMs;
  out.clear();
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const Deduplication& id = ids[i];
    if (id.first != i || id.known) {
      duplicates_.add();
      out.push_back(id.known ? *id.known : out[id.first]);
      continue;
    }
    const queue::SentItem& item = sent.items[id.item];
    out.push_back({item.id, item.sequence});
    batch.put(id.key, encode(DeduplicationRecord{item.id, item.sequence, ends}));
    batch.put(keys::deduplication_end(queue->messages, ends, id.scope, id.id), "");
  }
  if (batch.writes.empty()) co_return true;
  auto committing = store_.commit(std::move(batch));
  KILN_CO_TRY_VOID(co_await committing);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (ids[i].first == i && !ids[i].known) note_sent(*queue, messages[i].message);
  }
  co_return true;
}

void MessageStore::note_sent(const Queue& queue, const Message& message) {
  used_.put(queue.messages, clock_.wall().ms);
  meter_.count(resource_of(queue), "NumberOfMessagesSent");
  meter_.add(resource_of(queue), "SentMessageSize", static_cast<double>(message_bytes(message)),
             "Bytes");
}

Task<Status> MessageStore::measure(QueuePtr queue) {
  auto counting = queue_.counts(queue->messages);
  KILN_CO_TRY(const queue::Counts counts, co_await counting);
  const auto* used = used_.find(queue->messages);
  const bool idle = !used || clock_.wall().ms - *used > kActiveMs;
  if (idle && counts.visible + counts.leased + counts.delayed == 0) co_return Status{};
  const auto of = resource_of(*queue);
  const auto gauge = [&](std::string_view metric, std::int64_t value) {
    meter_.count(of, metric, static_cast<double>(value));
  };
  gauge("ApproximateNumberOfMessagesVisible", counts.visible);
  gauge("ApproximateNumberOfMessagesNotVisible", counts.leased);
  gauge("ApproximateNumberOfMessagesDelayed", counts.delayed);
  co_return Status{};
}

Task<Result<std::vector<Received>>> MessageStore::receive(QueuePtr queue, ReceiveOptions options) {
  const bool attempt = queue->settings.fifo && !options.attempt_id.empty();
  if (attempt) {
    auto again = receive_again(queue, options);
    auto same = co_await again;
    if (!same || !same->empty()) co_return same;
  }
  auto receiving = receive_new(queue, options);
  auto received = co_await receiving;
  if (attempt && received && !received->empty()) {
    auto remembering = remember_attempt(queue, options, *received);
    KILN_CO_TRY_VOID(co_await remembering);
  }
  if (received) {
    const bool empty = received->empty();
    used_.put(queue->messages, clock_.wall().ms);
    meter_.count(resource_of(*queue), empty ? "NumberOfEmptyReceives" : "NumberOfMessagesReceived",
                 empty ? 1 : static_cast<double>(received->size()));
  }
  co_return received;
}

// The messages of an earlier receive with this id, when all of them are still as it left them.
Task<Result<std::vector<Received>>> MessageStore::receive_again(QueuePtr queue,
                                                                const ReceiveOptions& options) {
  std::vector<Received> out;
  auto reading =
      store_.read(keys::deduplication(queue->messages, keys::kAttempts, options.attempt_id));
  KILN_CO_TRY(const auto entry, co_await reading);
  if (!entry) co_return out;
  KILN_CO_TRY(const AttemptRecord record, decode_attempt(entry->value));
  const std::int64_t now = clock_.wall().ms;
  if (record.ends_ms <= now) co_return out;
  std::vector<queue::Lease> leases;
  for (const std::string& token : record.tokens) {
    auto finding = queue_.find(queue->messages, token, true);
    auto found = co_await finding;
    if (!found && found.error().code != ErrorCode::kConflict) {
      co_return std::unexpected(std::move(found.error()));
    }
    const bool same = found && *found && (*found)->held && (*found)->item.visible_at.ms > now;
    if (!same) co_return out;
    leases.push_back({std::move((*found)->item), token});
  }
  const Timestamp until{now + options.visibility_seconds * 1'000};
  for (queue::Lease& lease : leases) {
    auto extending = queue_.change_visibility(queue->messages, lease.token, until);
    const Status extended = co_await extending;
    if (!extended && extended.error().code == ErrorCode::kConflict) co_return out;
    if (!extended) co_return std::unexpected(extended.error());
    lease.item.visible_at = until;
  }
  auto keeping = keep_current(queue, std::move(leases));
  co_return co_await keeping;
}

Task<Status> MessageStore::remember_attempt(QueuePtr queue, const ReceiveOptions& options,
                                            const std::vector<Received>& received) {
  const std::string key = keys::deduplication(queue->messages, keys::kAttempts, options.attempt_id);
  auto reading = store_.read(key);
  KILN_CO_TRY(const auto before, co_await reading);
  // Not waiting for the disk, as the leases themselves.
  store::Batch batch{.durability = store::Durability::kBuffered};
  if (before) {
    KILN_CO_TRY(const AttemptRecord old, decode_attempt(before->value));
    batch.erase(
        keys::deduplication_end(queue->messages, old.ends_ms, keys::kAttempts, options.attempt_id));
  }
  AttemptRecord record{.ends_ms = clock_.wall().ms + kDeduplicationMs, .tokens = {}};
  for (const Received& message : received) {
    if (auto receipt = decode_receipt(message.handle)) record.tokens.push_back(receipt->token);
  }
  batch.put(key, encode(record));
  batch.put(
      keys::deduplication_end(queue->messages, record.ends_ms, keys::kAttempts, options.attempt_id),
      "");
  auto committing = store_.commit(std::move(batch));
  co_return co_await committing;
}

Task<Result<std::vector<Received>>> MessageStore::receive_new(QueuePtr queue,
                                                              const ReceiveOptions& options) {
  const Monotonic deadline = clock_.monotonic().plus_ms(options.wait_ms);
  const bool fifo = queue->settings.fifo;
  queue::ClaimOptions claim{.max = options.max, .lease_ms = options.visibility_seconds * 1'000};
  claim.stop = options.stop;
  if (queue->settings.redrive) {
    auto target = parse_queue_arn(queue->settings.redrive->dead_letter_arn);
    auto finding = directory_.find(std::move(*target));
    KILN_CO_TRY(const QueuePtr dead_letters, co_await finding);
    if (dead_letters) {
      claim.max_attempts = queue->settings.redrive->max_receive_count;
      claim.dead_letter = dead_letters->messages;
    }
  }
  for (;;) {
    auto asking = in_flight_.room(queue->messages, fifo ? kMaxInFlightFifo : kMaxInFlight,
                                  static_cast<std::int64_t>(options.max));
    KILN_CO_TRY(const std::int64_t room, co_await asking);
    const std::int64_t left =
        std::max<std::int64_t>(0, (deadline.ns - clock_.monotonic().ns) / 1'000'000);
    if (room == 0) {
      // AWS: a short poll of a standard queue is told, a long poll and a FIFO queue get nothing.
      if (!fifo && options.wait_ms == 0) {
        co_return fail(ErrorCode::kLimitExceeded, "too many messages in flight");
      }
      if (left == 0) co_return std::vector<Received>();
      auto sleeping =
          sleep_ms(clock_, std::min<std::int64_t>(left, InFlight::kRecountFullMs), options.stop);
      if (co_await sleeping == Woken::kStopped) co_return std::vector<Received>();
      continue;
    }
    claim.max = static_cast<std::size_t>(room);
    claim.wait_ms = left;
    auto claiming = queue_.claim(queue->messages, claim);
    auto leases = co_await claiming;
    if (!leases && leases.error().code == ErrorCode::kCancelled) co_return std::vector<Received>();
    if (!leases) co_return std::unexpected(std::move(leases.error()));
    const bool some = !leases->empty();
    auto keeping = keep_current(queue, std::move(*leases));
    KILN_CO_TRY(auto received, co_await keeping);
    // All of them had expired: there may be more behind them.
    if (received.empty() && some) continue;
    if (claim.lease_ms > 0)
      in_flight_.add(queue->messages, static_cast<std::int64_t>(received.size()));
    received_.add(static_cast<std::int64_t>(received.size()));
    co_return received;
  }
}

// What may be handed out; messages past their retention are erased.
Task<Result<std::vector<Received>>> MessageStore::keep_current(QueuePtr queue,
                                                               std::vector<queue::Lease> leases) {
  const std::int64_t now = clock_.wall().ms;
  std::vector<Received> out;
  for (queue::Lease& lease : leases) {
    queue::Item& item = lease.item;
    // The clock of a FIFO message starts again when it is moved.
    const bool moved = !item.moved_from.empty() && queue->settings.fifo;
    const std::int64_t since = moved ? item.moved.ms : item.sent.ms;
    if (since + queue->settings.retention_seconds * 1'000 <= now) {
      expired_.add();
      auto erasing = queue_.done(queue->messages, std::move(lease.token));
      const Status erased = co_await erasing;
      if (!erased && erased.error().code != ErrorCode::kConflict) {
        co_return std::unexpected(erased.error());
      }
      continue;
    }
    Received received{.id = std::move(item.id),
                      .sent_ms = since,
                      .first_received_ms = item.first_claimed.ms,
                      .receive_count = item.attempts,
                      .sequence = item.sequence,
                      .visible_at = item.visible_at};
    KILN_CO_TRY(received.message, decode_message(item.payload));
    received.handle = encode(Receipt{queue->record.id, std::move(lease.token), now});
    if (!item.moved_from.empty()) {
      KILN_CO_TRY(const QueueName source, keys::owner_of(item.moved_from));
      received.dead_letter_source = source.arn();
    }
    out.push_back(std::move(received));
  }
  co_return out;
}

Task<Result<std::vector<Deleted>>> MessageStore::remove(QueuePtr queue,
                                                        std::vector<Receipt> receipts) {
  std::vector<std::string> tokens;
  for (const Receipt& receipt : receipts) tokens.push_back(receipt.token);
  auto removing = queue_.done_all(queue->messages, std::move(tokens));
  KILN_CO_TRY(const auto removed, co_await removing);
  std::vector<Deleted> out;
  for (std::size_t i = 0; i < removed.size(); ++i) {
    out.push_back(Deleted::kDone);
    if (removed[i]) {
      deleted_.add();
      meter_.count(resource_of(*queue), "NumberOfMessagesDeleted");
      in_flight_.add(queue->messages, -1);
      continue;
    }
    if (!queue->settings.fifo) continue;
    // A group's message that is gone was deleted before; one that is there is not the caller's.
    auto finding = queue_.find(queue->messages, std::move(receipts[i].token), false);
    const auto found = co_await finding;
    if (!found && found.error().code != ErrorCode::kConflict) {
      co_return std::unexpected(found.error());
    }
    if (found && *found) out.back() = Deleted::kExpired;
  }
  co_return out;
}

Task<Result<Changed>> MessageStore::change_visibility(QueuePtr queue, Receipt receipt,
                                                      std::int64_t ms) {
  const std::int64_t now = clock_.wall().ms;
  auto finding = queue_.find(queue->messages, receipt.token, false);
  auto found = co_await finding;
  if (!found && found.error().code == ErrorCode::kConflict) co_return Changed::kNotInFlight;
  if (!found) co_return std::unexpected(std::move(found.error()));
  if (!*found || !(*found)->held || (*found)->item.visible_at.ms <= now) {
    co_return Changed::kNotInFlight;
  }
  auto changing = queue_.change_visibility(queue->messages, std::move(receipt.token), {now + ms});
  const Status changed = co_await changing;
  if (!changed && changed.error().code != ErrorCode::kConflict) {
    co_return std::unexpected(changed.error());
  }
  if (changed && ms == 0) in_flight_.add(queue->messages, -1);
  co_return changed ? Changed::kDone : Changed::kNotInFlight;
}

Task<Status> MessageStore::purge(queue::QueueId messages, std::int64_t before_ms) {
  return queue_.purge(std::move(messages), {before_ms});
}

Task<Status> MessageStore::forget_deduplication(queue::QueueId messages, bool all) {
  const std::string prefix = keys::deduplication_ends(messages);
  for (;;) {
    store::Range range = store::prefix_range(prefix, kForgetPage);
    if (!all) range.end = keys::deduplication_end(messages, clock_.wall().ms + 1, "", "");
    auto scanning = store_.scan(std::move(range));
    KILN_CO_TRY(const auto entries, co_await scanning);
    if (entries.empty()) co_return Status{};
    store::Batch batch{.durability = store::Durability::kBuffered};
    for (const store::Entry& entry : entries) {
      store::KeyReader key(std::string_view(entry.key).substr(prefix.size()));
      KILN_CO_TRY_VOID(key.next_integer());
      KILN_CO_TRY(const std::string scope, key.next_string());
      KILN_CO_TRY(const std::string id, key.next_string());
      // A send that uses the id again erases this entry, so its presence means the old record.
      batch.check(entry.key, entry.version).erase(entry.key);
      batch.erase(keys::deduplication(messages, scope, id));
    }
    auto committing = store_.commit(std::move(batch));
    const Status committed = co_await committing;
    if (!committed && committed.error().code != ErrorCode::kConflict) co_return committed;
  }
}

}  // namespace kiln::sqs
