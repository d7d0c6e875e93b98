// SPDX-License-Identifier: Apache-2.0
#include "sources/poller.h"

#include "aws/arn.h"
#include "base/log.h"
#include "invoke/lineage.h"
#include "sources/batch_response.h"

#include <algorithm>
#include <set>
#include <utility>

namespace kiln::sources {
namespace {

constexpr std::int64_t kLongPollMs = 20'000;
constexpr std::int64_t kReceiveAtOnce = 100;
constexpr std::int64_t kAfterErrorMs = 1'000;
constexpr std::int64_t kScaleCheckMs = 200;
constexpr std::int64_t kFirstRetryMs = 250;
constexpr std::int64_t kMaxRetryMs = 30'000;

// Errors that another attempt may not meet.
bool worth_retrying(const aws::ApiError& error) {
  return error.http_status == 429 || error.http_status >= 500;
}

aws::RequestContext context_of(const Mapping& mapping) {
  aws::RequestContext context;
  context.account = mapping.account;
  context.region = mapping.region;
  return context;
}

}  // namespace

Poller::Poller(Mapping mapping, MessageSource& source, PollerPorts ports)
    : mapping_(std::move(mapping)),
      source_(source),
      ports_(ports),
      filter_(mapping_.filters),
      scale_(mapping_, ports.clock.monotonic()),
      meter_(mapping_, ports.meter),
      received_(ports.metrics.counter("kiln_sources_received_total")),
      filtered_(ports.metrics.counter("kiln_sources_filtered_out_total")),
      invoked_(ports.metrics.counter("kiln_sources_invoked_total")),
      failed_(ports.metrics.counter("kiln_sources_failed_total")),
      removed_(ports.metrics.counter("kiln_sources_removed_total")) {}

void Poller::start() { spawn(run()); }

void Poller::begin_stop() {
  stop_.request_stop();
  wake();
}

Task<void> Poller::stop() {
  begin_stop();
  auto closed = gate_.closed();
  co_await closed;
}

void Poller::wake() {
  if (const auto freed = std::exchange(place_freed_, nullptr)) freed->set(true);
}

Task<void> Poller::rest(std::int64_t ms) {
  auto sleeping = sleep_ms(ports_.clock, ms, stop_.get_token());
  co_await sleeping;
}

Task<void> Poller::run() {
  const auto pass = gate_.enter();
  while (!stop_.stop_requested()) {
    auto waiting = free_place();
    if (!co_await waiting) break;
    auto finding = find_function();
    if (const Status found = co_await finding; !found) {
      last_result_ = "PROBLEM: " + found.error().message;
      auto resting = rest(kAfterErrorMs);
      co_await resting;
      continue;
    }
    auto collecting = collect();
    Batch batch = co_await collecting;
    if (batch.empty()) {
      scale_.idle(in_flight_, ports_.clock.monotonic());
      continue;
    }
    if (stop_.stop_requested()) {
      auto giving = give_back(batch.handles());
      co_await giving;
      break;
    }
    // A group of a FIFO queue stays together.
    if (!allows_recursion_ && !mapping_.source_arn.ends_with(".fifo")) {
      Batch looping = batch.take_out(
          [this](const ReceivedMessage& message) { return hops(message) >= invoke::kMaxHops; });
      if (!looping.empty()) begin(std::move(looping));
    }
    if (!batch.empty()) begin(std::move(batch));
  }
  if (!carried_.empty()) {
    std::vector<std::string> handles;
    for (const ReceivedMessage& message : carried_) handles.push_back(message.handle);
    carried_.clear();
    auto giving = give_back(std::move(handles));
    co_await giving;
  }
}

void Poller::begin(Batch batch) {
  ++in_flight_;
  spawn(process(std::move(batch)));
}

int Poller::hops(const ReceivedMessage& message) const {
  if (message.trace_header.empty()) return 0;
  return invoke::hops_of(message.trace_header, own_arn_);
}

// That of the message that came the longest way.
std::string Poller::trace_header_of(const Batch& batch) const {
  const auto furthest = std::ranges::max_element(
      batch.messages(), {}, [this](const ReceivedMessage& message) { return hops(message); });
  return furthest->trace_header;
}

Task<bool> Poller::free_place() {
  while (!stop_.stop_requested()) {
    if (scale_.admits(in_flight_, ports_.clock.monotonic())) co_return true;
    place_freed_ = std::make_shared<OneShot<bool>>();
    const auto freed = place_freed_;
    auto waiting = freed->wait(ports_.clock, ports_.clock.monotonic().plus_ms(kScaleCheckMs),
                               stop_.get_token());
    co_await waiting;
    place_freed_ = nullptr;
  }
  co_return false;
}

Task<Status> Poller::find_function() {
  auto resolving = ports_.functions.resolve(context_of(mapping_), mapping_.function_arn, "");
  auto function = co_await resolving;
  if (!function) co_return fail(ErrorCode::kNotFound, std::move(function.error().message));
  role_arn_ = function->version->role;
  timeout_s_ = function->version->timeout_s;
  own_arn_ = function->version->arn();
  allows_recursion_ = function->allows_recursion;
  co_return Status{};
}

Task<Result<std::deque<ReceivedMessage>>> Poller::receive(std::size_t max, std::int64_t wait_ms) {
  ReceiveOptions options{.max = std::min<std::size_t>(max, kReceiveAtOnce),
                         .wait_ms = wait_ms,
                         .stop = stop_.get_token()};
  auto receiving = source_.receive(subscription(), std::move(options));
  KILN_CO_TRY(std::vector<ReceivedMessage> messages, co_await receiving);
  received_.add(static_cast<std::int64_t>(messages.size()));
  meter_.polled(messages.size());
  std::deque<ReceivedMessage> passed;
  std::vector<std::string> dropped;
  for (ReceivedMessage& message : messages) {
    if (filter_.passes(message)) {
      passed.push_back(std::move(message));
    } else {
      dropped.push_back(std::move(message.handle));
    }
  }
  if (!dropped.empty()) {
    filtered_.add(static_cast<std::int64_t>(dropped.size()));
    meter_.filtered_out(dropped.size());
    auto removing = remove(std::move(dropped));
    co_await removing;
  }
  co_return passed;
}

Task<Batch> Poller::collect() {
  Batch batch(static_cast<std::size_t>(mapping_.batch_size));
  std::optional<Monotonic> end;
  for (;;) {
    while (!carried_.empty() && batch.add(carried_.front())) carried_.pop_front();
    if (batch.full() || !carried_.empty() || stop_.stop_requested()) co_return batch;
    const Monotonic now = ports_.clock.monotonic();
    if (!batch.empty()) {
      if (!end) end = now.plus_ms(mapping_.window_s * std::int64_t{1'000});
      if (now >= *end) co_return batch;
    }
    const std::int64_t wait_ms =
        batch.empty() ? kLongPollMs
                      : std::min(kLongPollMs, (end->ns - now.ns + 999'999) / 1'000'000);
    auto receiving = receive(batch.room(), wait_ms);
    auto received = co_await receiving;
    if (!received) {
      if (received.error().code != ErrorCode::kCancelled) {
        last_result_ = "PROBLEM: " + received.error().message;
        auto resting = rest(kAfterErrorMs);
        co_await resting;
      }
      co_return batch;
    }
    if (received->empty() && batch.empty()) co_return batch;
    carried_ = std::move(*received);
  }
}

Task<void> Poller::process(Batch batch) {
  const auto pass = gate_.enter();
  auto invoking = invoke(batch);
  const auto result = co_await invoking;
  if (result && result->function_error.empty()) {
    auto settling = settle(batch, *result);
    co_await settling;
  } else {
    meter_.failed(batch.messages().size());
    if (result) failed_.add();
    if (result) last_result_ = "PROBLEM: Function call failed";
  }
  --in_flight_;
  wake();
}

// Removes what the function has handled.
Task<void> Poller::settle(const Batch& batch, const invoke::InvokeResult& result) {
  std::set<std::string> ids;
  for (const ReceivedMessage& message : batch.messages()) ids.insert(message.id);
  std::optional<std::set<std::string>> failed = std::set<std::string>();
  if (mapping_.report_failures) failed = failed_messages(result.payload, ids);
  std::vector<std::string> handled;
  for (const ReceivedMessage& message : batch.messages()) {
    if (failed && !failed->contains(message.id)) handled.push_back(message.handle);
  }
  last_result_ = failed ? "OK" : "PROBLEM: Function returned an invalid batch response";
  const std::size_t count = handled.size();
  meter_.failed(batch.messages().size() - count);
  auto removing = remove(std::move(handled));
  if (co_await removing) meter_.deleted(count);
}

Task<std::optional<invoke::InvokeResult>> Poller::invoke(const Batch& batch) {
  const std::string payload = batch.payload();
  for (std::int64_t backoff = kFirstRetryMs;; backoff = std::min(backoff * 2, kMaxRetryMs)) {
    auto resolving = ports_.functions.resolve(context_of(mapping_), mapping_.function_arn, "");
    auto function = co_await resolving;
    aws::ApiError error;
    if (function) {
      invoke::InvokeRequest request{.request_id = ports_.random.uuid(),
                                    .payload = payload,
                                    .trace_header = trace_header_of(batch),
                                    .invoked_arn = mapping_.function_arn,
                                    .concurrency = function->concurrency,
                                    .allows_recursion = function->allows_recursion};
      auto invoking = ports_.invoker.invoke(function->version, std::move(request));
      auto result = co_await invoking;
      if (result) {
        invoked_.add();
        meter_.invoked(batch.messages().size());
        co_return std::move(*result);
      }
      error = std::move(result.error());
    } else {
      error = std::move(function.error());
    }
    last_result_ = "PROBLEM: " + error.message;
    // An invocation that begins must end before the source gives the messages to somebody else.
    const std::int64_t latest = batch.lease_end().ms - timeout_s_ * std::int64_t{1'000};
    const bool in_time = ports_.clock.wall().ms + backoff < latest;
    if (!worth_retrying(error) || !in_time || stop_.stop_requested()) {
      auto giving =
          give_back(stop_.stop_requested() ? batch.handles() : std::vector<std::string>());
      co_await giving;
      co_return std::nullopt;
    }
    auto resting = rest(backoff);
    co_await resting;
  }
}

Task<bool> Poller::remove(std::vector<std::string> handles) {
  if (handles.empty()) co_return true;
  const auto count = static_cast<std::int64_t>(handles.size());
  auto removing = source_.remove(subscription(), std::move(handles));
  if (const Status removed = co_await removing; !removed) {
    // They come again: handled twice, not lost.
    log::warn("sources",
              "remove messages of " + mapping_.source_arn + ": " + removed.error().message);
    co_return false;
  }
  removed_.add(count);
  co_return true;
}

Task<void> Poller::give_back(std::vector<std::string> handles) {
  if (handles.empty()) co_return;
  auto releasing = source_.release(subscription(), std::move(handles), 0);
  if (const Status released = co_await releasing; !released) {
    log::warn("sources",
              "give messages back to " + mapping_.source_arn + ": " + released.error().message);
  }
}

}  // namespace kiln::sources
