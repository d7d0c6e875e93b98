// SPDX-License-Identifier: Apache-2.0
#include "queue/outbox.h"

#include "base/log.h"
#include "queue/keys.h"
#include "queue/records.h"

#include <algorithm>
#include <utility>

namespace kiln::queue {
namespace {

std::string encode(OutboxEntry entry) {
  return FieldWriter()
      .text(entry.target)
      .number(entry.max_attempts)
      .number(entry.max_age_ms)
      .text(entry.payload)
      .bytes();
}

bool is_final(const Error& error) {
  return error.code == ErrorCode::kInvalidArgument || error.code == ErrorCode::kNotFound;
}

constexpr std::int64_t kSlotWaitMs = 1'000;

}  // namespace

Result<OutboxEntry> decode_outbox_entry(std::string_view bytes) {
  FieldReader in(bytes);
  OutboxEntry out{.target = in.text()};
  out.max_attempts = static_cast<int>(in.number());
  out.max_age_ms = in.number();
  out.payload = in.text();
  KILN_TRY_VOID(in.status());
  return out;
}

Task<Result<Sent>> Outbox::add_entries(store::Batch& batch, std::string partition,
                                       std::vector<OutboxEntry> entries) {
  auto registering = registry_.add(batch, partition);
  KILN_CO_TRY_VOID(co_await registering);
  std::vector<Message> messages;
  for (OutboxEntry& entry : entries) {
    if (entry.payload.size() > kMaxOutboxPayload) {
      co_return fail(ErrorCode::kLimitExceeded, "outbox: the payload is too large");
    }
    Message message{.visible_at = {clock_.wall().ms + entry.delay_ms},
                    .group = std::move(entry.order)};
    message.payload = encode(std::move(entry));
    messages.push_back(std::move(message));
  }
  auto adding = queue_.add_sends(batch, keys::outbox(partition), std::move(messages));
  auto sent = co_await adding;
  if (sent && added_) added_(partition);
  co_return sent;
}

OutboxRelay::OutboxRelay(Outbox& outbox, Deliverer& deliverer, Clock& clock, Random& random,
                         Metrics& metrics, FaultPoints& faults, RelayOptions options)
    : outbox_(outbox),
      deliverer_(deliverer),
      clock_(clock),
      random_(random),
      faults_(faults),
      options_(options),
      delivered_(metrics.counter("kiln_outbox_delivered_total")),
      retries_(metrics.counter("kiln_outbox_retries_total")),
      dead_letters_(metrics.counter("kiln_outbox_dead_letters_total")),
      partitions_served_(metrics.counter("kiln_outbox_partitions_served")) {}

OutboxRelay::~OutboxRelay() = default;

void OutboxRelay::start() {
  outbox_.added_ = [this](const std::string& partition) { serve_soon(partition); };
  spawn(scan_registry());
}

Task<void> OutboxRelay::stop() {
  outbox_.added_ = nullptr;
  stop_.request_stop();
  auto closed = gate_.closed();
  co_await closed;
}

Task<void> OutboxRelay::scan_registry() {
  const auto pass = gate_.enter();
  while (!stop_.stop_requested()) {
    crowded_ = false;
    auto scanning = outbox_.registry_.scan(
        [this](const std::string& partition) { serve_soon(partition); }, stop_.get_token());
    co_await scanning;
    auto sleeping = sleep_ms(clock_, options_.scan_every_ms, stop_.get_token());
    co_await sleeping;
  }
}

void OutboxRelay::serve_soon(const std::string& partition) {
  if (stop_.stop_requested() || serving_.contains(partition)) return;
  if (serving_.size() >= options_.max_partitions) {
    crowded_ = true;
    return;
  }
  serving_.insert(partition);
  partitions_served_.set(static_cast<std::int64_t>(serving_.size()));
  spawn(serve(partition));
}

Task<void> OutboxRelay::free_slot() {
  while (in_flight_ >= options_.max_in_flight && !stop_.stop_requested()) {
    const auto slot = std::make_shared<OneShot<bool>>();
    wanting_slots_.push_back(slot);
    auto waiting = slot->wait(clock_, clock_.monotonic().plus_ms(kSlotWaitMs), stop_.get_token());
    co_await waiting;
    wanting_slots_.remove(slot);
  }
}

Task<void> OutboxRelay::serve(std::string partition) {
  const auto pass = gate_.enter();
  const QueueId queue = keys::outbox(partition);
  std::int64_t idle_since = clock_.monotonic().ns;
  while (!stop_.stop_requested()) {
    auto slot = free_slot();
    co_await slot;
    if (stop_.stop_requested()) break;
    auto claiming = outbox_.queue_.claim(
        queue, {.max = std::clamp<std::size_t>(options_.max_in_flight - in_flight_, 1, 16),
                .max_of_group = 1,
                .lease_ms = options_.lease_ms,
                .wait_ms = std::min<std::int64_t>(options_.idle_ms, 1'000),
                .stop = stop_.get_token()});
    auto leases = co_await claiming;
    if (!leases) {
      if (leases.error().code == ErrorCode::kCancelled) break;
      log::warn("queue", "outbox: " + leases.error().message);
      auto sleeping = sleep_ms(clock_, options_.first_retry_ms, stop_.get_token());
      co_await sleeping;
      continue;
    }
    if (!leases->empty()) {
      idle_since = clock_.monotonic().ns;
      for (Lease& lease : *leases) {
        ++in_flight_;
        spawn(deliver(queue, partition, std::move(lease)));
      }
      continue;
    }
    const bool idle = clock_.monotonic().ns - idle_since >= options_.idle_ms * 1'000'000;
    if (!idle && !crowded_) continue;
    auto retiring = outbox_.registry_.retire(partition, faults_);
    const auto retired = co_await retiring;
    if (crowded_ || (retired && *retired)) break;
    idle_since = clock_.monotonic().ns;
  }
  serving_.erase(partition);
  partitions_served_.set(static_cast<std::int64_t>(serving_.size()));
}

Task<void> OutboxRelay::deliver(QueueId queue, std::string partition, Lease lease) {
  const auto pass = gate_.enter();
  auto concluding = conclude(std::move(queue), std::move(partition), std::move(lease));
  const Status concluded = co_await concluding;
  // Whatever failed, the entry comes back when its lease ends.
  if (!concluded) log::warn("queue", "outbox: " + concluded.error().message);
  --in_flight_;
  if (wanting_slots_.empty()) co_return;
  const auto next = wanting_slots_.front();
  wanting_slots_.pop_front();
  next->set(true);
}

Task<Status> OutboxRelay::conclude(QueueId queue, std::string partition, Lease lease) {
  KILN_CO_TRY(OutboxEntry entry, decode_outbox_entry(lease.item.payload));
  const Delivery delivery{.id = lease.item.id,
                          .partition = std::move(partition),
                          .target = std::move(entry.target),
                          .payload = std::move(entry.payload),
                          .attempt = lease.item.attempts,
                          .created = lease.item.sent};
  const std::int64_t age = clock_.wall().ms - delivery.created.ms;
  const bool in_time = age <= entry.max_age_ms;
  const bool allowed = entry.max_attempts == 0 || delivery.attempt <= entry.max_attempts;
  Status outcome = fail(ErrorCode::kTimeout, "the entry is too old or was tried too often");
  if (in_time && allowed) {
    KILN_CO_TRY_VOID(faults_.reach("outbox.before_deliver"));
    auto delivering = deliverer_.deliver(delivery);
    outcome = co_await delivering;
    KILN_CO_TRY_VOID(faults_.reach("outbox.after_deliver"));
  }
  const std::int64_t delay = retry_delay(delivery.attempt);
  const bool last = !in_time || !allowed || age + delay > entry.max_age_ms ||
                    (entry.max_attempts > 0 && delivery.attempt >= entry.max_attempts);
  if (!outcome && !last && !is_final(outcome.error())) {
    retries_.add();
    auto releasing = outbox_.queue_.release(queue, lease.token, {clock_.wall().ms + delay});
    co_return co_await releasing;
  }
  if (!outcome) {
    auto burying = deliverer_.dead_letter(delivery, outcome.error());
    KILN_CO_TRY_VOID(co_await burying);
    dead_letters_.add();
  } else {
    delivered_.add();
  }
  auto finishing = outbox_.queue_.done(queue, lease.token);
  co_return co_await finishing;
}

// Doubles with each attempt; half of it is random, so that failures do not come back together.
std::int64_t OutboxRelay::retry_delay(int attempt) {
  std::int64_t delay = options_.first_retry_ms;
  for (int i = 1; i < attempt && delay < options_.max_retry_ms; ++i) delay *= 2;
  delay = std::min(delay, options_.max_retry_ms);
  return delay / 2 + static_cast<std::int64_t>(random_.next_u64() % (delay / 2 + 1));
}

}  // namespace kiln::queue
