// SPDX-License-Identifier: Apache-2.0
#include "services/sqs/store/sweeper.h"

#include "base/log.h"
#include "services/sqs/store/keys.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

namespace kiln::sqs {
namespace {

constexpr std::size_t kPage = 200;
constexpr std::int64_t kPartOfRetention = 20;

}  // namespace

void Sweeper::start() { spawn(run(gate_.enter())); }

Task<void> Sweeper::stop() {
  stop_.request_stop();
  auto closed = gate_.closed();
  co_await closed;
}

Task<void> Sweeper::run(Gate::Pass) {
  while (co_await sleep_ms(clock_, kIntervalMs, stop_.get_token()) == Woken::kDeadline) {
    auto sweeping = sweep();
    const Status swept = co_await sweeping;
    if (!swept && !stop_.stop_requested()) log::warn("sqs", "sweep: " + swept.error().message);
  }
}

Task<Status> Sweeper::sweep() {
  std::optional<QueueName> after;
  for (bool more = true; more;) {
    auto listing = directory_.list_all(after, kPage);
    KILN_CO_TRY(const auto names, co_await listing);
    for (const QueueName& name : names) {
      if (stop_.stop_requested()) co_return Status{};
      auto sweeping = sweep_queue(name);
      KILN_CO_TRY_VOID(co_await sweeping);
    }
    more = names.size() == kPage;
    if (more) after = names.back();
  }
  auto collecting = collect_garbage();
  co_return co_await collecting;
}

Task<Status> Sweeper::sweep_queue(QueueName name) {
  auto finding = directory_.find(std::move(name));
  KILN_CO_TRY(const QueuePtr queue, co_await finding);
  if (!queue) co_return Status{};
  auto measuring = messages_.measure(queue);
  KILN_CO_TRY_VOID(co_await measuring);
  if (queue->settings.fifo) {
    auto forgetting = messages_.forget_deduplication(queue->messages, false);
    KILN_CO_TRY_VOID(co_await forgetting);
  }
  const std::int64_t now = clock_.wall().ms;
  const std::int64_t retention = queue->settings.retention_seconds * 1'000;
  const auto* looked = looked_.find(queue->messages);
  if (looked &&
      now - *looked < std::max(kIntervalMs, retention / kPartOfRetention) - kIntervalMs / 2) {
    co_return Status{};
  }
  looked_.put(queue->messages, now);
  auto purging = messages_.purge(queue->messages, now - retention);
  co_return co_await purging;
}

Task<Status> Sweeper::collect_garbage() {
  auto scanning = store_.scan(store::prefix_range(keys::garbage_index(), kPage));
  KILN_CO_TRY(const auto entries, co_await scanning);
  for (const store::Entry& entry : entries) {
    if (stop_.stop_requested()) co_return Status{};
    store::KeyReader key(entry.key);
    QueueName name;
    KILN_CO_TRY_VOID(key.next_string());
    KILN_CO_TRY(name.account, key.next_string());
    KILN_CO_TRY(name.region, key.next_string());
    KILN_CO_TRY(name.name, key.next_string());
    KILN_CO_TRY(const std::string id, key.next_string());
    const queue::QueueId messages = keys::messages(name, id);
    auto purging = messages_.purge(messages, std::numeric_limits<std::int64_t>::max());
    KILN_CO_TRY_VOID(co_await purging);
    auto forgetting = messages_.forget_deduplication(messages, true);
    KILN_CO_TRY_VOID(co_await forgetting);
    store::Batch batch;
    batch.erase(entry.key);
    auto committing = store_.commit(std::move(batch));
    KILN_CO_TRY_VOID(co_await committing);
  }
  co_return Status{};
}

}  // namespace kiln::sqs
