// SPDX-License-Identifier: Apache-2.0
#include "services/logs/store/log_ingest.h"

#include "async/executor.h"
#include "base/log.h"

namespace kiln::logs {

namespace {
// What an event costs in memory beside its text.
constexpr std::size_t kOverhead = 64;
}  // namespace

LogIngest::LogIngest(EventWriter& writer, Clock& clock, Metrics& metrics)
    : writer_(writer),
      clock_(clock),
      dropped_(metrics.counter("kiln_logs_dropped_events_total")),
      failed_(metrics.counter("kiln_logs_failed_writes_total")) {}

void LogIngest::append(const invoke::LogStreamName& stream, std::vector<invoke::LogEvent> events) {
  if (events.empty()) return;
  Buffer* buffer = nullptr;
  for (invoke::LogEvent& event : events) {
    const std::size_t bytes = event.message.size() + kOverhead;
    if (stopped_ || buffered_bytes_ + bytes > kMaxBufferedBytes) {
      dropped_.add();
      continue;
    }
    // CloudWatch Logs has no empty events.
    if (event.message.empty() || event.time_ms < 0) continue;
    if (!buffer) {
      buffer = &buffers_[{GroupName{stream.account, stream.region, stream.group}, stream.stream}];
    }
    if (event.message.size() > static_cast<std::size_t>(kMaxEventBytes)) {
      event.message.resize(static_cast<std::size_t>(kMaxEventBytes));
    }
    buffer->events.push_back({event.time_ms, std::move(event.message)});
    buffer->bytes += bytes;
    waiting_bytes_ += bytes;
    buffered_bytes_ += bytes;
  }
  if (!buffer) return;
  if (waiting_bytes_ >= kFlushBytes) {
    if (!urgent_) arm(0);
    urgent_ = true;
  } else if (timer_ == 0) {
    arm(kFlushAfterMs);
  }
}

void LogIngest::arm(std::int64_t delay_ms) {
  if (timer_ != 0) clock_.cancel(timer_);
  timer_ = clock_.schedule(clock_.monotonic().plus_ms(delay_ms), [this] {
    timer_ = 0;
    urgent_ = false;
    spawn(flush_in_background(background_.enter()));
  });
}

Task<void> LogIngest::flush_in_background(Gate::Pass pass) { co_await flush(); }

Task<void> LogIngest::flush() {
  while (writing_.inside() > 0) co_await writing_.closed();
  if (buffers_.empty()) co_return;
  const auto pass = writing_.enter();
  auto taken = std::exchange(buffers_, {});
  waiting_bytes_ = 0;
  while (!taken.empty()) {
    auto node = taken.extract(taken.begin());
    co_await write(std::move(node.key()), std::move(node.mapped()));
  }
}

Task<void> LogIngest::write(StreamKey stream, Buffer buffer) {
  const auto count = static_cast<std::int64_t>(buffer.events.size());
  const std::string name = stream.first.name + " " + stream.second;
  const auto written = co_await writer_.write(std::move(stream.first), std::move(stream.second),
                                              std::move(buffer.events),
                                              store::Durability::kBuffered, Missing::kCreate);
  buffered_bytes_ -= buffer.bytes;
  if (written && *written == Written::kDone) co_return;
  failed_.add();
  dropped_.add(count);
  log::warn("logs", "lost log events of " + name + ": " +
                        (written ? "the stream was deleted" : written.error().message));
}

Task<void> LogIngest::stop() {
  stopped_ = true;
  if (timer_ != 0) clock_.cancel(std::exchange(timer_, 0));
  co_await flush();
  co_await background_.closed();
}

}  // namespace kiln::logs
