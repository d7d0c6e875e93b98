// SPDX-License-Identifier: Apache-2.0
#include "runtime_api/telemetry.h"

#include "base/encoding.h"
#include "base/time.h"
#include "runtime_api/telemetry_delivery.h"

#include <algorithm>
#include <stop_token>
#include <utility>

namespace kiln::runtime_api {
namespace {

constexpr std::size_t kBacklogBytes = 256 * 1024;
constexpr std::int64_t kFirstBackoffMs = 50;
constexpr std::int64_t kLastBackoffMs = 2'000;

std::string logs_dropped(Timestamp now, std::size_t records, std::size_t bytes) {
  std::string out = R"({"time":")" + format_iso8601(now, true);
  out += R"(","type":"platform.logsDropped","record":{"reason":"Consumer seems to have fallen )";
  out += R"(behind as it has not acknowledged receipt of logs.","droppedRecords":)";
  out += std::to_string(records) + R"(,"droppedBytes":)" + std::to_string(bytes) + "}}";
  return out;
}

// Which events an API knows.
bool carries(const Subscription& subscription, std::string_view type) {
  if (!type.starts_with("platform.")) return true;
  type.remove_prefix(9);
  if (!subscription.logs_api) return type != "end" && type != "logsSubscription";
  if (type == "runtimeDone") return subscription.runtime_done;
  for (const std::string_view known :
       {"start", "end", "report", "extension", "logsSubscription", "logsDropped", "fault"}) {
    if (type == known) return true;
  }
  return false;
}

}  // namespace

struct Telemetry::Subscriber : std::enable_shared_from_this<Subscriber> {
  Subscriber(Loop& loop_in, Subscription subscription_in, std::shared_ptr<ConnectInside> connect)
      : loop(loop_in),
        subscription(std::move(subscription_in)),
        delivery(loop_in, subscription, std::move(connect)) {}

  void add(std::string event);
  void start_sending();
  void stop();
  bool full() const {
    return queue.size() >= subscription.max_items || bytes >= subscription.max_bytes;
  }
  std::vector<std::string> take_batch();
  static Task<void> run(std::shared_ptr<Subscriber> self);

  Loop& loop;
  const Subscription subscription;
  TelemetryDelivery delivery;
  std::deque<std::string> queue;
  std::size_t bytes = 0;
  std::size_t dropped_records = 0;
  std::size_t dropped_bytes = 0;
  bool sending = false;
  Clock::TimerId timer = 0;
  std::stop_source stopping;
};

void Telemetry::Subscriber::add(std::string event) {
  if (stopping.stop_requested()) return;
  if (queue.size() >= 2 * subscription.max_items ||
      bytes + event.size() > 2 * subscription.max_bytes) {
    ++dropped_records;
    dropped_bytes += event.size();
    return;
  }
  bytes += event.size();
  queue.push_back(std::move(event));
  if (sending) return;
  if (full()) return start_sending();
  if (timer != 0) return;
  Clock& clock = loop.clock();
  timer = clock.schedule(clock.monotonic().plus_ms(subscription.timeout_ms),
                         [self = shared_from_this()] {
                           self->timer = 0;
                           self->start_sending();
                         });
}

void Telemetry::Subscriber::start_sending() {
  if (timer != 0) loop.clock().cancel(std::exchange(timer, 0));
  if (sending || queue.empty() || stopping.stop_requested()) return;
  sending = true;
  spawn(run(shared_from_this()));
}

std::vector<std::string> Telemetry::Subscriber::take_batch() {
  std::vector<std::string> batch;
  std::size_t size = 0;
  while (!queue.empty() && batch.size() < subscription.max_items &&
         (batch.empty() || size + queue.front().size() <= subscription.max_bytes)) {
    size += queue.front().size();
    batch.push_back(std::move(queue.front()));
    queue.pop_front();
  }
  bytes -= size;
  return batch;
}

Task<void> Telemetry::Subscriber::run(std::shared_ptr<Subscriber> self) {
  // The event that filled the buffer may have come from inside a delivery's own caller.
  co_await resume_on(self->loop);
  Clock& clock = self->loop.clock();
  const std::stop_token stop = self->stopping.get_token();
  do {
    const std::vector<std::string> batch = self->take_batch();
    std::int64_t backoff_ms = kFirstBackoffMs;
    while (!stop.stop_requested()) {
      auto sending = self->delivery.send(batch, stop);
      const Status sent = co_await sending;
      if (sent) break;
      auto pausing = sleep_ms(clock, backoff_ms, stop);
      co_await pausing;
      backoff_ms = std::min(backoff_ms * 2, kLastBackoffMs);
    }
    if (self->dropped_records > 0 && (self->subscription.streams & kPlatform) != 0) {
      std::string told = logs_dropped(clock.wall(), std::exchange(self->dropped_records, 0),
                                      std::exchange(self->dropped_bytes, 0));
      self->bytes += told.size();
      self->queue.push_back(std::move(told));
    }
  } while (!stop.stop_requested() && self->full());
  self->sending = false;
  if (self->queue.empty() || stop.stop_requested()) co_return;
  self->timer = clock.schedule(clock.monotonic().plus_ms(self->subscription.timeout_ms), [self] {
    self->timer = 0;
    self->start_sending();
  });
}

void Telemetry::Subscriber::stop() {
  stopping.request_stop();
  if (timer != 0) loop.clock().cancel(std::exchange(timer, 0));
  queue.clear();
  bytes = 0;
}

Telemetry::Telemetry(Loop& loop) : loop_(loop), connect_(std::make_shared<ConnectInside>()) {}

Telemetry::~Telemetry() { stop(); }

void Telemetry::set_connect(ConnectInside connect) { *connect_ = std::move(connect); }

void Telemetry::record_backlog() {
  if (!open_) return;
  backlog_on_ = true;
  active_ = true;
}

void Telemetry::publish(Stream stream, std::string_view type, std::string event) {
  if (!active_) return;
  if (open_ && backlog_on_ && backlog_bytes_ + event.size() <= kBacklogBytes) {
    backlog_bytes_ += event.size();
    backlog_.push_back({stream, std::string(type), event});
  }
  for (const auto& subscriber : subscribers_) {
    const Subscription& wants = subscriber->subscription;
    if ((wants.streams & stream) != 0 && carries(wants, type)) subscriber->add(event);
  }
}

void Telemetry::seed(std::string_view type, std::string event) {
  if (!open_) return;
  while (event.ends_with('\n')) event.pop_back();
  backlog_bytes_ += event.size();
  backlog_.push_back({kPlatform, std::string(type), std::move(event)});
}

Status Telemetry::subscribe(Subscription subscription) {
  if (!open_) return fail(ErrorCode::kInvalidArgument, "subscription is closed");
  for (auto& subscriber : subscribers_) {
    if (subscriber->subscription.subscriber != subscription.subscriber) continue;
    if (subscriber->subscription.logs_api != subscription.logs_api)
      return fail(ErrorCode::kInvalidArgument, "subscribed through the other API already");
    // A repeated subscription replaces nothing and doubles nothing.
    return {};
  }
  auto subscriber = std::make_shared<Subscriber>(loop_, std::move(subscription), connect_);
  for (const Kept& kept : backlog_) {
    const Subscription& wants = subscriber->subscription;
    if ((wants.streams & kept.stream) != 0 && carries(wants, kept.type))
      subscriber->add(kept.event);
  }
  subscribers_.push_back(std::move(subscriber));
  active_ = true;
  backlog_on_ = true;
  return {};
}

void Telemetry::close_subscriptions() {
  open_ = false;
  backlog_on_ = false;
  std::deque<Kept>().swap(backlog_);
  backlog_bytes_ = 0;
  active_ = !subscribers_.empty();
}

void Telemetry::flush() {
  for (const auto& subscriber : subscribers_) subscriber->start_sending();
}

void Telemetry::stop() {
  active_ = false;
  for (const auto& subscriber : std::exchange(subscribers_, {})) subscriber->stop();
}

}  // namespace kiln::runtime_api
