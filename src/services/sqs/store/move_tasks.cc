// SPDX-License-Identifier: Apache-2.0
#include "services/sqs/store/move_tasks.h"

#include "base/log.h"
#include "services/sqs/store/keys.h"
#include "store/retry.h"

#include <algorithm>

namespace kiln::sqs {
namespace {

constexpr std::int64_t kLeaseMs = 20'000;  // of a task: how long after a crash it goes on
constexpr std::int64_t kMessageLeaseMs = 30'000;
constexpr std::int64_t kWaitMs = 20'000;
constexpr std::int64_t kBusyMs = 200;
constexpr std::size_t kAtOnce = 10;

}  // namespace

void MoveTasks::start() { spawn(work(gate_.enter())); }

Task<void> MoveTasks::stop() {
  stop_.request_stop();
  auto closed = gate_.closed();
  co_await closed;
}

Task<void> MoveTasks::work(Gate::Pass) {
  const std::stop_token stop = stop_.get_token();
  while (!stop.stop_requested()) {
    if (running_ >= kMaxRunning) {
      auto sleeping = sleep_ms(clock_, kBusyMs, stop);
      co_await sleeping;
      continue;
    }
    queue::ClaimOptions options{.lease_ms = kLeaseMs, .wait_ms = kWaitMs};
    options.stop = stop;
    auto claiming = queue_.claim(keys::moves(), std::move(options));
    auto leases = co_await claiming;
    if (!leases && leases.error().code != ErrorCode::kCancelled) {
      log::warn("sqs", "move tasks: " + leases.error().message);
      auto sleeping = sleep_ms(clock_, kBusyMs, stop);
      co_await sleeping;
    }
    if (!leases) continue;
    for (queue::Lease& lease : *leases) {
      ++running_;
      spawn(run(gate_.enter(), std::move(lease)));
    }
  }
}

Task<void> MoveTasks::run(Gate::Pass, queue::Lease lease) {
  const auto key = decode_handle(lease.item.payload);
  Status done;
  if (key) {
    auto running = run_task(*key, lease.token);
    done = co_await running;
  }
  --running_;
  if (!done) {
    // The lease ends, and somebody goes on.
    if (!stop_.stop_requested()) log::warn("sqs", "move task: " + done.error().message);
    co_return;
  }
  auto finishing = queue_.done(keys::moves(), std::move(lease.token));
  const Status finished = co_await finishing;
  if (!finished && finished.error().code != ErrorCode::kConflict) {
    log::warn("sqs", "move task: " + finished.error().message);
  }
}

Task<Status> MoveTasks::run_task(MoveTaskKey key, std::string token) {
  for (;;) {
    if (stop_.stop_requested()) co_return fail(ErrorCode::kCancelled, "stopping");
    auto reading = record(key, 0, {}, {});
    KILN_CO_TRY(const MoveTask task, co_await reading);
    if (!task.active()) co_return Status{};
    auto finding = directory_.find(key.source);
    KILN_CO_TRY(const QueuePtr source, co_await finding);
    std::string failure;
    std::int64_t moved = 0;
    if (!source) failure = "AWS.SimpleQueueService.NonExistentQueue";
    if (source && task.status == kRunning) {
      auto moving = move_some(source, task, failure);
      KILN_CO_TRY(moved, co_await moving);
    }
    const bool all = moved == 0 || (task.to_move >= 0 && task.moved + moved >= task.to_move);
    std::string_view status;
    if (!failure.empty()) {
      status = kFailed;
    } else if (task.status == kCancelling) {
      status = kCancelled;
    } else if (all) {
      status = kCompleted;
    }
    auto recording = record(key, moved, status, std::move(failure));
    KILN_CO_TRY_VOID(co_await recording);
    if (!status.empty()) co_return Status{};
    auto renewing = queue_.change_visibility(keys::moves(), token, {clock_.wall().ms + kLeaseMs});
    KILN_CO_TRY_VOID(co_await renewing);
    if (task.per_second > 0) {
      auto sleeping = sleep_ms(clock_, moved * 1'000 / task.per_second, stop_.get_token());
      co_await sleeping;
    }
  }
}

Task<Result<std::int64_t>> MoveTasks::move_some(QueuePtr source, const MoveTask& task,
                                                std::string& failure) {
  queue::ClaimOptions options{.max = kAtOnce, .lease_ms = kMessageLeaseMs};
  if (task.per_second > 0) {
    options.max = std::min<std::size_t>(kAtOnce, static_cast<std::size_t>(task.per_second));
  }
  auto claiming = queue_.claim(source->messages, std::move(options));
  KILN_CO_TRY(auto leases, co_await claiming);
  std::int64_t moved = 0;
  for (queue::Lease& lease : leases) {
    const std::string token = lease.token;
    if (failure.empty()) {
      auto moving = move_one(source, task, std::move(lease), failure);
      KILN_CO_TRY_VOID(co_await moving);
      if (failure.empty()) ++moved;
    }
    if (failure.empty()) continue;
    auto releasing = queue_.release(source->messages, token, clock_.wall());
    const Status released = co_await releasing;
    if (!released && released.error().code != ErrorCode::kConflict) {
      co_return std::unexpected(released.error());
    }
  }
  co_return moved;
}

Task<Status> MoveTasks::move_one(QueuePtr source, const MoveTask& task, queue::Lease lease,
                                 std::string& failure) {
  auto target = parse_queue_arn(task.destination_arn);
  if (!target && !lease.item.moved_from.empty()) {
    KILN_CO_TRY(target, keys::owner_of(lease.item.moved_from));
  }
  if (!target) {
    failure = "CouldNotDetermineMessageSource";
    co_return Status{};
  }
  auto finding = directory_.find(std::move(*target));
  KILN_CO_TRY(const QueuePtr destination, co_await finding);
  if (!destination) {
    failure = "AWS.SimpleQueueService.NonExistentQueue";
    co_return Status{};
  }
  Outgoing outgoing{.delay_seconds = destination->settings.delay_seconds};
  KILN_CO_TRY(outgoing.message, decode_message(lease.item.payload));
  // The first sending of the message may be less than five minutes ago.
  if (destination->settings.fifo) outgoing.message.deduplication_id = lease.item.id;
  std::vector<Outgoing> messages;
  messages.push_back(std::move(outgoing));
  auto sending = messages_.send(destination, std::move(messages));
  KILN_CO_TRY_VOID(co_await sending);
  auto deleting = queue_.done(source->messages, std::move(lease.token));
  const Status deleted = co_await deleting;
  if (!deleted && deleted.error().code != ErrorCode::kConflict) co_return deleted;
  co_return Status{};
}

Task<Result<std::optional<MoveTaskKey>>> MoveTasks::begin(QueueName source, MoveTask task) {
  auto finding = directory_.find(source);
  KILN_CO_TRY(const QueuePtr queue, co_await finding);
  if (queue) {
    auto counting = messages_.counts(queue);
    KILN_CO_TRY(const auto counts, co_await counting);
    if (counts.exact) task.to_move = counts.visible;
  }
  MoveTaskKey key{std::move(source), clock_.wall().ms, random_.uuid()};
  auto beginning = store::retry_on_conflict([&] { return try_begin(key, task); });
  co_return co_await beginning;
}

Task<Result<std::optional<MoveTaskKey>>> MoveTasks::try_begin(MoveTaskKey key, MoveTask task) {
  auto reading = store_.read(keys::moving(key.source));
  KILN_CO_TRY(const auto active, co_await reading);
  if (active) co_return std::nullopt;
  store::Range range = store::prefix_range(keys::move_tasks(key.source));
  auto scanning = store_.scan(std::move(range));
  KILN_CO_TRY(const auto entries, co_await scanning);
  store::Batch batch;
  batch.check_absent(keys::moving(key.source)).put(keys::moving(key.source), key.id);
  batch.put(keys::move_task(key.source, key.started_ms, key.id), encode(task));
  for (std::size_t i = 0; i + kKept <= entries.size(); ++i) batch.erase(entries[i].key);
  KILN_CO_TRY(const auto sent,
              queue_.add_send(batch, keys::moves(),
                              {.payload = encode_handle(key), .visible_at = {}, .group = {}}));
  auto committing = store_.commit(std::move(batch));
  KILN_CO_TRY_VOID(co_await committing);
  co_return std::optional(std::move(key));
}

Task<Result<std::vector<std::pair<MoveTaskKey, MoveTask>>>> MoveTasks::list(QueueName source,
                                                                            std::size_t limit) {
  const std::string prefix = keys::move_tasks(source);
  store::Range range = store::prefix_range(prefix, limit);
  range.reverse = true;
  auto scanning = store_.scan(std::move(range));
  KILN_CO_TRY(const auto entries, co_await scanning);
  std::vector<std::pair<MoveTaskKey, MoveTask>> out;
  for (const store::Entry& entry : entries) {
    store::KeyReader in(std::string_view(entry.key).substr(prefix.size()));
    MoveTaskKey key{.source = source, .started_ms = 0, .id = {}};
    KILN_CO_TRY(key.started_ms, in.next_integer());
    KILN_CO_TRY(key.id, in.next_string());
    KILN_CO_TRY(MoveTask task, decode_move_task(entry.value));
    out.emplace_back(std::move(key), std::move(task));
  }
  co_return out;
}

Task<Result<std::optional<MoveTask>>> MoveTasks::cancel(MoveTaskKey key) {
  auto reading = record(key, 0, {}, {});
  auto task = co_await reading;
  if (!task && task.error().code == ErrorCode::kNotFound) co_return std::nullopt;
  if (!task) co_return std::unexpected(std::move(task.error()));
  if (task->status != kRunning) co_return std::optional(std::move(*task));
  auto recording = record(std::move(key), 0, kCancelling, {});
  KILN_CO_TRY_VOID(co_await recording);
  co_return std::optional(std::move(*task));
}

// Adds to the task's record and answers it. kNotFound: there is no such task.
Task<Result<MoveTask>> MoveTasks::record(MoveTaskKey key, std::int64_t moved,
                                         std::string_view status, std::string failure) {
  auto recording =
      store::retry_on_conflict([&] { return try_record(key, moved, status, failure); });
  co_return co_await recording;
}

Task<Result<MoveTask>> MoveTasks::try_record(MoveTaskKey key, std::int64_t moved,
                                             std::string_view status, std::string failure) {
  auto reading = store_.read(keys::move_task(key.source, key.started_ms, key.id));
  KILN_CO_TRY(auto entry, co_await reading);
  if (!entry) co_return fail(ErrorCode::kNotFound, "no such move task");
  KILN_CO_TRY(MoveTask task, decode_move_task(entry->value));
  if ((moved == 0 && status.empty()) || !task.active()) co_return task;
  task.moved += moved;
  if (!status.empty()) task.status = status;
  if (!failure.empty()) task.failure = std::move(failure);
  store::Batch batch;
  batch.check(entry->key, std::move(entry->version)).put(entry->key, encode(task));
  if (!task.active()) batch.erase(keys::moving(key.source));
  auto committing = store_.commit(std::move(batch));
  KILN_CO_TRY_VOID(co_await committing);
  co_return task;
}

}  // namespace kiln::sqs
