// SPDX-License-Identifier: Apache-2.0
#include "invoke/async_dispatcher.h"

#include "base/log.h"
#include "invoke/lineage.h"
#include "invoke/trace_header.h"
#include "store/retry.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

namespace kiln::invoke {
namespace {

constexpr std::size_t kMaxClaim = 16;
constexpr std::int64_t kRoomWaitMs = 1'000;
constexpr std::int64_t kErrorPauseMs = 500;
// A throttled function is left alone for this times the throttles in a row, at most kMaxPauseMs.
constexpr std::int64_t kPauseMs = 100;
constexpr std::int64_t kMaxPauseMs = 1'000;

aws::RequestContext context_of(const AsyncEvent& event, Timestamp now) {
  aws::RequestContext context;
  context.request_id = event.request_id;
  context.service = "lambda";
  context.account = event.function.account;
  context.region = event.function.region;
  context.now = now;
  return context;
}

}  // namespace

AsyncDispatcher::AsyncDispatcher(AsyncDispatcherPorts ports, AsyncDispatcherOptions options)
    : ports_(ports),
      options_(options),
      succeeded_(ports.metrics.counter("kiln_async_succeeded_total")),
      retries_(ports.metrics.counter("kiln_async_retries_total")),
      backoffs_(ports.metrics.counter("kiln_async_backoffs_total")),
      failed_(ports.metrics.counter("kiln_async_failed_total")),
      in_flight_gauge_(ports.metrics.counter("kiln_async_in_flight")),
      served_gauge_(ports.metrics.counter("kiln_async_functions_served")) {}

AsyncDispatcher::~AsyncDispatcher() = default;

void AsyncDispatcher::start() {
  ports_.queue.added_ = [this](const std::string& partition) { serve_soon(partition); };
  spawn(scan_registry());
  spawn(renew_leases());
}

void AsyncDispatcher::stop_claiming() {
  ports_.queue.added_ = nullptr;
  stop_.request_stop();
}

Task<void> AsyncDispatcher::stop() {
  stop_claiming();
  auto closed = gate_.closed();
  co_await closed;
}

Task<void> AsyncDispatcher::scan_registry() {
  const auto pass = gate_.enter();
  while (!stop_.stop_requested()) {
    crowded_ = false;
    auto scanning = ports_.queue.registry_.scan(
        [this](const std::string& partition) { serve_soon(partition); }, stop_.get_token());
    co_await scanning;
    auto sleeping = sleep_ms(ports_.clock, options_.scan_every_ms, stop_.get_token());
    co_await sleeping;
  }
}

Task<void> AsyncDispatcher::renew_leases() {
  const auto pass = gate_.enter();
  while (!stop_.stop_requested()) {
    auto sleeping = sleep_ms(ports_.clock, options_.renew_every_ms, stop_.get_token());
    co_await sleeping;
    const Monotonic due{ports_.clock.monotonic().ns - options_.renew_every_ms * 1'000'000};
    std::vector<std::string> ids;
    for (const auto& [id, running] : running_) {
      if (running.renewed <= due) ids.push_back(id);
    }
    for (const std::string& id : ids) {
      const auto found = running_.find(id);
      if (found == running_.end()) continue;
      found->second.renewed = ports_.clock.monotonic();
      auto renewing = ports_.queue.queue_.change_visibility(
          found->second.queue, found->second.token, {ports_.clock.wall().ms + options_.lease_ms});
      // A lease that is lost shows when the event ends.
      (void)co_await renewing;
    }
  }
}

void AsyncDispatcher::serve_soon(const std::string& partition) {
  if (stop_.stop_requested() || served_.contains(partition)) return;
  if (served_.size() >= options_.max_functions) {
    crowded_ = true;
    return;
  }
  auto served = std::make_shared<Served>();
  served->partition = partition;
  served->max_window = options_.max_of_function;
  served->queue = ports_.queue.registry_.queue_of(partition);
  served_[partition] = served;
  served_gauge_.set(static_cast<std::int64_t>(served_.size()));
  spawn(serve(std::move(served)));
}

Task<void> AsyncDispatcher::wait_for_room(ServedPtr served) {
  while (!stop_.stop_requested()) {
    const Monotonic now = ports_.clock.monotonic();
    if (served->in_flight >= served->window && served->throttles == 0 &&
        served->window < served->max_window && now >= served->grown.plus_ms(kGrowEveryMs)) {
      ++served->window;
      served->grown = now;
    }
    Monotonic deadline = now.plus_ms(kRoomWaitMs);
    auto room = std::make_shared<OneShot<bool>>();
    if (now < served->paused_until) {
      deadline = served->paused_until;
    } else if (served->in_flight >= served->window) {
      served->room = room;
      deadline = now.plus_ms(kGrowEveryMs);
    } else if (running_.size() >= options_.max_in_flight) {
      wanting_.push_back(room);
    } else {
      co_return;
    }
    auto waiting = room->wait(ports_.clock, deadline, stop_.get_token());
    (void)co_await waiting;
    wanting_.remove(room);
    served->room = nullptr;
  }
}

Task<void> AsyncDispatcher::serve(ServedPtr served) {
  const auto pass = gate_.enter();
  std::int64_t idle_since = ports_.clock.monotonic().ns;
  while (!stop_.stop_requested()) {
    auto room = wait_for_room(served);
    co_await room;
    if (stop_.stop_requested()) break;
    auto claiming = ports_.queue.queue_.claim(
        served->queue, {.max = std::min(kMaxClaim, served->window - served->in_flight),
                        .lease_ms = options_.lease_ms,
                        .wait_ms = std::min<std::int64_t>(options_.idle_ms, 1'000),
                        .stop = stop_.get_token()});
    auto leases = co_await claiming;
    if (!leases) {
      if (leases.error().code == ErrorCode::kCancelled) break;
      log::warn("invoke", "asynchronous events: " + leases.error().message);
      auto sleeping = sleep_ms(ports_.clock, kErrorPauseMs, stop_.get_token());
      co_await sleeping;
      continue;
    }
    if (!leases->empty()) {
      idle_since = ports_.clock.monotonic().ns;
      for (queue::Lease& lease : *leases) begin(served, std::move(lease));
      continue;
    }
    const bool idle = ports_.clock.monotonic().ns - idle_since >= options_.idle_ms * 1'000'000;
    if (served->in_flight > 0 || (!idle && !crowded_)) continue;
    auto retiring = ports_.queue.registry_.retire(served->partition, ports_.faults);
    const auto retired = co_await retiring;
    if (crowded_ || (retired && *retired)) break;
    idle_since = ports_.clock.monotonic().ns;
  }
  served_.erase(served->partition);
  served_gauge_.set(static_cast<std::int64_t>(served_.size()));
}

void AsyncDispatcher::begin(const ServedPtr& served, queue::Lease lease) {
  Running running{served->queue, std::move(lease.token), ports_.clock.monotonic()};
  const auto [found, fresh] = running_.try_emplace(lease.item.id, running);
  if (!fresh) {
    // Its lease ended while it runs (the clock was moved): this claim renews it.
    found->second = std::move(running);
    return;
  }
  ++served->in_flight;
  in_flight_gauge_.set(static_cast<std::int64_t>(running_.size()));
  spawn(run(served, std::move(lease.item)));
}

Task<void> AsyncDispatcher::run(ServedPtr served, queue::Item item) {
  const auto pass = gate_.enter();
  const std::string id = item.id;
  auto attempting = attempt(served, std::move(item));
  const Status attempted = co_await attempting;
  // Whatever failed, the event comes back when its lease ends.
  if (!attempted) log::warn("invoke", "asynchronous event: " + attempted.error().message);
  running_.erase(id);
  --served->in_flight;
  in_flight_gauge_.set(static_cast<std::int64_t>(running_.size()));
  if (const auto room = served->room) room->set(true);
  if (wanting_.empty()) co_return;
  const auto next = wanting_.front();
  wanting_.pop_front();
  next->set(true);
}

Task<Status> AsyncDispatcher::attempt(ServedPtr served, queue::Item item) {
  auto event = decode_async_event(item.payload);
  auto progress = decode_async_progress(item.note);
  if (!event || !progress) {
    log::error("invoke", "an asynchronous event that cannot be read is dropped: " + item.id);
    auto dropping = ports_.queue.queue_.done(served->queue, token_of(item.id));
    co_return co_await dropping;
  }
  item.payload.clear();
  AsyncOutcome outcome{.event = std::move(*event), .progress = std::move(*progress)};
  auto configured = ports_.settings.find(outcome.event.function, outcome.event.qualifier);
  KILN_CO_TRY(outcome.settings, co_await configured);
  const Timestamp now = ports_.clock.wall();
  auto resolving = ports_.functions.resolve(context_of(outcome.event, now),
                                            outcome.event.function.name, outcome.event.qualifier);
  auto function = co_await resolving;
  if (function) outcome.function = function->version;
  const bool too_old = now.ms - item.sent.ms >= outcome.settings.max_age_s * 1'000;
  std::optional<AsyncVerdict> verdict;
  if (!function && function.error().http_status == 404) verdict = AsyncVerdict::kDropped;
  if (function && too_old) verdict = AsyncVerdict::kEventAgeExceeded;
  if (function && function->concurrency.reserved == 0)
    verdict = AsyncVerdict::kZeroReservedConcurrency;
  if (verdict) {
    outcome.verdict = *verdict;
    auto finishing = finish(served, std::move(item.id), std::move(outcome));
    co_return co_await finishing;
  }
  aws::ApiResult<InvokeResult> result = aws::fail({});
  if (function) {
    ports_.observer.age({outcome.event.function, outcome.event.qualifier}, now.ms - item.sent.ms);
    // The same chain of requests for the function and for what its outcome starts.
    outcome.event.trace_header = invocation_trace(
        outcome.event.trace_header, outcome.function->tracing_mode == "Active", now, ports_.random);
    outcome.trace_header = with_hop(outcome.event.trace_header, outcome.function->arn());
    auto invoking = invoke(served, outcome.event, std::move(*function));
    result = co_await invoking;
  } else {
    result = aws::fail(std::move(function.error()));
  }
  const bool good = result && result->function_error.empty();
  if (stop_.stop_requested() && !good) {
    auto releasing =
        ports_.queue.queue_.release(served->queue, token_of(item.id), {}, std::move(item.note));
    co_return co_await releasing;
  }
  const AsyncDecision decision = decide(outcome, result, item.sent);
  if (decision.verdict == AsyncVerdict::kRetry) {
    auto releasing = ports_.queue.queue_.release(served->queue, token_of(item.id), decision.at,
                                                 encode(outcome.progress));
    co_return co_await releasing;
  }
  outcome.verdict = decision.verdict;
  if (result) outcome.response = std::move(result->payload);
  auto finishing = finish(served, std::move(item.id), std::move(outcome));
  co_return co_await finishing;
}

AsyncDecision AsyncDispatcher::decide(AsyncOutcome& outcome,
                                      const aws::ApiResult<InvokeResult>& result,
                                      Timestamp accepted) {
  const Timestamp now = ports_.clock.wall();
  AsyncDecision decision;
  if (result) {
    record_run(outcome.progress, *result);
    decision = decide_after_run(outcome.progress, outcome.settings, accepted, now);
    if (decision.verdict == AsyncVerdict::kRetry) retries_.add();
    return decision;
  }
  record_backoff(outcome.progress, result.error());
  // A loop, or an event that its function can never take: it would be refused again.
  if (result.error().http_status == 400) return {AsyncVerdict::kRefused};
  decision = decide_after_backoff(outcome.progress, outcome.settings, accepted, now,
                                  ports_.random.next_u64());
  if (decision.verdict == AsyncVerdict::kRetry) backoffs_.add();
  return decision;
}

Task<aws::ApiResult<InvokeResult>> AsyncDispatcher::invoke(ServedPtr served, AsyncEvent event,
                                                           lambda::ResolvedFunction function) {
  const auto reserved = function.concurrency.reserved.value_or(INT32_MAX);
  served->max_window =
      std::clamp<std::size_t>(static_cast<std::size_t>(reserved), 1, options_.max_of_function);
  served->window = std::min(served->window, served->max_window);
  InvokeRequest request;
  request.invoked_arn = event.invoked_arn();
  request.request_id = std::move(event.request_id);
  request.payload = std::move(event.payload);
  request.client_context = std::move(event.client_context);
  request.trace_header = std::move(event.trace_header);
  request.tenant_id = std::move(event.tenant_id);
  request.concurrency = function.concurrency;
  request.allows_recursion = function.allows_recursion;
  auto invoking = ports_.invoker.invoke(std::move(function.version), std::move(request));
  auto result = co_await invoking;
  if (result) {
    served->throttles = 0;
  } else if (result.error().http_status == 429) {
    throttled(*served);
  }
  co_return result;
}

void AsyncDispatcher::throttled(Served& served) {
  served.window = std::max<std::size_t>(1, served.window / 2);
  ++served.throttles;
  const std::int64_t pause = std::min(kPauseMs * served.throttles, kMaxPauseMs);
  served.paused_until = ports_.clock.monotonic().plus_ms(pause);
}

std::string AsyncDispatcher::token_of(const std::string& item_id) const {
  const auto found = running_.find(item_id);
  return found == running_.end() ? std::string() : found->second.token;
}

Task<Status> AsyncDispatcher::finish(ServedPtr served, std::string item_id, AsyncOutcome outcome) {
  auto finishing = store::retry_on_conflict([&] { return try_finish(*served, item_id, outcome); });
  KILN_CO_TRY(const bool finished, co_await finishing);
  // The lease is lost: whoever has it now runs the event again.
  if (!finished) co_return fail(ErrorCode::kConflict, "the lease is lost");
  if (outcome.verdict == AsyncVerdict::kSucceeded) {
    succeeded_.add();
  } else {
    failed_.add();
    ports_.observer.dropped(
        {std::move(outcome.event.function), std::move(outcome.event.qualifier)});
  }
  co_return Status{};
}

Task<Result<bool>> AsyncDispatcher::try_finish(const Served& served, const std::string& item_id,
                                               const AsyncOutcome& outcome) {
  store::Batch batch;
  batch.idempotency_key = ports_.random.bytes(16);
  auto ending = ports_.queue.queue_.add_done(batch, served.queue, token_of(item_id));
  KILN_CO_TRY(const bool held, co_await ending);
  if (!held) co_return false;
  queue::Sent sent;
  auto entries = entries_of(outcome, ports_.clock.wall(), ports_.random.uuid());
  if (!entries.empty()) {
    auto adding = ports_.outbox.add_entries(batch, served.partition, std::move(entries));
    KILN_CO_TRY(sent, co_await adding);
  }
  constexpr int kTries = 4;
  for (int tries = 1;; ++tries) {
    auto committing = ports_.queue.store_.commit(batch);
    const Status committed = co_await committing;
    if (committed) co_return true;
    if (committed.error().code != ErrorCode::kUnknownOutcome || tries == kTries)
      co_return std::unexpected(committed.error());
  }
}

}  // namespace kiln::invoke
