// SPDX-License-Identifier: Apache-2.0
#include "invoke/async_queue.h"

#include "store/retry.h"

#include <utility>

namespace kiln::invoke {

AsyncQueue::AsyncQueue(store::Store& store, queue::Queue& queue, Random& random, Metrics& metrics,
                       AsyncObserver& observer)
    : store_(store),
      queue_(queue),
      registry_(store, "async"),
      random_(random),
      observer_(observer),
      received_(metrics.counter("kiln_async_received_total")) {}

Task<Status> AsyncQueue::accept(AsyncEvent event) {
  const std::string partition = lambda::keys::events(event.function);
  const std::string bytes = encode(event);
  auto accepting = store::retry_on_conflict([&] { return try_accept(event, partition, bytes); });
  KILN_CO_TRY_VOID(co_await accepting);
  received_.add();
  observer_.received({std::move(event.function), std::move(event.qualifier)});
  if (added_) added_(partition);
  co_return Status{};
}

Task<Result<bool>> AsyncQueue::try_accept(const AsyncEvent& event, const std::string& partition,
                                          const std::string& bytes) {
  store::Batch batch;
  batch.idempotency_key = random_.bytes(16);
  auto registering = registry_.add(batch, partition);
  KILN_CO_TRY_VOID(co_await registering);
  KILN_CO_TRY(const queue::Sent sent,
              queue_.add_send(batch, registry_.queue_of(partition), {.payload = bytes}));
  constexpr int kTries = 4;
  for (int tries = 1;; ++tries) {
    auto committing = store_.commit(batch);
    const Status committed = co_await committing;
    if (committed) co_return true;
    if (committed.error().code != ErrorCode::kUnknownOutcome || tries == kTries) {
      co_return std::unexpected(committed.error());
    }
  }
}

}  // namespace kiln::invoke
