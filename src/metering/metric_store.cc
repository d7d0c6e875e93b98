// SPDX-License-Identifier: Apache-2.0
#include "metering/metric_store.h"

#include "async/executor.h"
#include "base/fields.h"
#include "base/log.h"
#include "metering/keys.h"

#include <algorithm>

namespace kiln::metering {
namespace {

constexpr std::size_t kWritesOfBatch = 300;
constexpr std::size_t kBytesOfBatch = 1024 * 1024;
// How exactly the register knows when a series had data.
constexpr std::int64_t kNoteEveryMs = 10 * 60'000;
constexpr std::int64_t kExpireEveryMs = 60 * 60'000;

std::string_view kind_of(Resolution resolution) {
  switch (resolution) {
    case Resolution::kMinute:
      return "minute";
    case Resolution::kFiveMinutes:
      return "five";
    case Resolution::kHour:
      return "hour";
  }
  return "hour";
}

std::string points_key(const Series& s, std::string_view kind) {
  return keys::points(s.account, s.region, kind, s.space, s.name, keys::dimensions(s.dimensions));
}

std::string encode_series(const Series& series, std::int64_t seen_ms) {
  FieldWriter out;
  out.number(seen_ms).text(series.space).text(series.name);
  out.number(static_cast<std::int64_t>(series.dimensions.size()));
  for (const auto& [name, value] : series.dimensions) out.text(name).text(value);
  return out.bytes();
}

struct StoredSeries {
  Series series;
  Timestamp seen;
};

Result<StoredSeries> decode_series(std::string_view bytes) {
  FieldReader in(bytes);
  StoredSeries out;
  out.seen = {in.number()};
  out.series.space = in.text();
  out.series.name = in.text();
  for (auto left = in.number(); left > 0 && in.status(); --left) {
    std::string name = in.text();
    out.series.dimensions[std::move(name)] = in.text();
  }
  KILN_TRY_VOID(in.status());
  return out;
}

}  // namespace

std::int64_t period_of(Resolution resolution) {
  switch (resolution) {
    case Resolution::kMinute:
      return kMinuteMs;
    case Resolution::kFiveMinutes:
      return kFiveMinutesMs;
    case Resolution::kHour:
      return kHourMs;
  }
  return kHourMs;
}

MetricStore::MetricStore(store::Store& store, Clock& clock, Random& random, Metrics& metrics)
    : store_(store),
      clock_(clock),
      process_(random.uuid()),
      dropped_(metrics.counter("kiln_metering_dropped_total")),
      buffered_(metrics.counter("kiln_metering_buffered_points")) {}

void MetricStore::start() {
  spawn(flush_forever(background_.enter()));
  spawn(expire_forever(background_.enter()));
}

Task<void> MetricStore::stop() {
  stop_.request_stop();
  auto closed = background_.closed();
  co_await closed;
  auto flushing = flush(store::Durability::kOnDisk);
  if (const Status flushed = co_await flushing; !flushed) {
    log::warn("metering", "the last metrics are lost: " + flushed.error().message);
  }
}

void MetricStore::add(const Series& series, Timestamp at, const Datapoint& point) {
  for (const auto resolution : {Resolution::kMinute, Resolution::kFiveMinutes, Resolution::kHour}) {
    const std::int64_t period_ms = period_of(resolution);
    add_part(series, resolution, at.ms / period_ms * period_ms, point);
  }
}

void MetricStore::add_part(const Series& series, Resolution resolution, std::int64_t start_ms,
                           const Datapoint& point) {
  const PartKey key{series, {resolution, start_ms}};
  auto it = parts_.find(key);
  if (it == parts_.end()) {
    if (parts_.size() >= kMaxBuffered) {
      dropped_.add();
      return;
    }
    it = parts_.emplace(key, Part{.writer = process_ + "-" + std::to_string(++parts_made_)}).first;
  }
  it->second.point.merge(point);
  it->second.dirty = true;
}

void MetricStore::note_series(store::Batch& batch, const Series& series, std::int64_t seen_ms) {
  std::int64_t& noted = noted_[series];
  if (seen_ms < noted + kNoteEveryMs && noted != 0) return;
  noted = seen_ms;
  batch.put(points_key(series, "series"), encode_series(series, seen_ms));
  batch.put(keys::partition(series.account, series.region), "");
}

Task<Status> MetricStore::flush(store::Durability durability) {
  for (const auto& collect : collect_) collect();
  const std::int64_t now = clock_.wall().ms;
  std::vector<store::Batch> batches(1);
  std::size_t bytes = 0;
  for (auto it = parts_.begin(); it != parts_.end();) {
    const auto& [series, period] = it->first;
    const auto [resolution, start_ms] = period;
    if (it->second.dirty) {
      store::Batch& batch = batches.back();
      note_series(batch, series, now);
      std::string key =
          points_key(series, kind_of(resolution)) + store::key(start_ms, it->second.writer);
      std::string value = encode(it->second.point);
      bytes += key.size() + value.size();
      batch.put(std::move(key), std::move(value));
      it->second.dirty = false;
      if (batch.writes.size() >= kWritesOfBatch || bytes >= kBytesOfBatch) {
        batches.emplace_back();
        bytes = 0;
      }
    }
    // What comes later for a period that is over begins a part of its own.
    const bool over = start_ms + period_of(resolution) < now;
    it = over ? parts_.erase(it) : std::next(it);
  }
  buffered_.set(static_cast<std::int64_t>(parts_.size()));
  if (noted_.size() > kMaxBuffered) noted_.clear();
  for (store::Batch& batch : batches) {
    if (batch.writes.empty()) continue;
    batch.durability = durability;
    auto committing = store_.commit(std::move(batch));
    KILN_CO_TRY_VOID(co_await committing);
  }
  co_return Status{};
}

Task<Result<std::vector<TimedPoint>>> MetricStore::read(Series series, Resolution resolution,
                                                        Timestamp from, Timestamp to,
                                                        std::size_t limit) {
  const std::string prefix = points_key(series, kind_of(resolution));
  store::Range range{.begin = prefix + store::key(from.ms), .end = prefix + store::key(to.ms)};
  std::vector<TimedPoint> out;
  for (bool more = true; more;) {
    auto scanning = store_.scan(range);
    KILN_CO_TRY(const auto entries, co_await scanning);
    for (const store::Entry& entry : entries) {
      store::KeyReader key(std::string_view(entry.key).substr(prefix.size()));
      KILN_CO_TRY(const std::int64_t start_ms, key.next_integer());
      KILN_CO_TRY(const Datapoint point, decode_datapoint(entry.value));
      if (out.empty() || out.back().start.ms != start_ms) {
        if (out.size() == limit) co_return out;
        out.push_back({{start_ms}, {}});
      }
      out.back().point.merge(point);
    }
    more = entries.size() == store::kMaxScanEntries;
    if (more) range.begin = entries.back().key + '\0';
  }
  co_return out;
}

Task<Result<SeriesPage>> MetricStore::list(std::string account, std::string region,
                                           std::string space, std::string after, std::size_t limit,
                                           std::function<bool(const Series&, Timestamp)> wanted) {
  std::string prefix = keys::all_series(account, region);
  if (!space.empty()) prefix += store::key(space);
  store::Range range = store::prefix_range(prefix);
  if (!after.empty()) range.begin = keys::all_series(account, region) + after + '\0';
  const std::size_t skip = keys::all_series(account, region).size();
  SeriesPage page;
  std::string last;
  for (bool more = true; more;) {
    auto scanning = store_.scan(range);
    KILN_CO_TRY(const auto entries, co_await scanning);
    for (const store::Entry& entry : entries) {
      KILN_CO_TRY(StoredSeries stored, decode_series(entry.value));
      stored.series.account = account;
      stored.series.region = region;
      if (!wanted(stored.series, stored.seen)) continue;
      if (page.series.size() == limit) {
        page.next = std::move(last);
        co_return page;
      }
      page.series.push_back(std::move(stored.series));
      last = entry.key.substr(skip);
    }
    more = entries.size() == store::kMaxScanEntries;
    if (more) range.begin = entries.back().key + '\0';
  }
  co_return page;
}

Task<void> MetricStore::flush_forever(Gate::Pass) {
  while (!stop_.stop_requested()) {
    auto sleeping = sleep_ms(clock_, kFlushEveryMs, stop_.get_token());
    co_await sleeping;
    auto flushing = flush(store::Durability::kBuffered);
    if (const Status flushed = co_await flushing; !flushed) {
      log::warn("metering", "metrics are late: " + flushed.error().message);
    }
  }
}

Task<void> MetricStore::expire_forever(Gate::Pass) {
  while (!stop_.stop_requested()) {
    auto sleeping = sleep_ms(clock_, kExpireEveryMs, stop_.get_token());
    if (co_await sleeping == Woken::kStopped) break;
    auto expiring = expire();
    if (const Status expired = co_await expiring; !expired) {
      log::warn("metering", "old metrics stay: " + expired.error().message);
    }
  }
}

Task<Status> MetricStore::expire() {
  auto scanning = store_.scan(store::prefix_range(keys::partitions()));
  KILN_CO_TRY(const auto partitions, co_await scanning);
  const std::int64_t now = clock_.wall().ms;
  for (const store::Entry& entry : partitions) {
    store::KeyReader key(std::string_view(entry.key).substr(keys::partitions().size()));
    KILN_CO_TRY(const std::string account, key.next_string());
    KILN_CO_TRY(const std::string region, key.next_string());
    std::string after;
    do {
      auto listing = list(account, region, "", after, store::kMaxScanEntries,
                          [](const Series&, Timestamp) { return true; });
      KILN_CO_TRY(SeriesPage page, co_await listing);
      after = std::move(page.next);
      for (const Series& series : page.series) {
        if (stop_.stop_requested()) co_return Status{};
        auto minutes = expire_series(series, Resolution::kMinute, now - kKeepMinutesMs);
        KILN_CO_TRY_VOID(co_await minutes);
        auto fives = expire_series(series, Resolution::kFiveMinutes, now - kKeepFiveMinutesMs);
        KILN_CO_TRY_VOID(co_await fives);
        auto hours = expire_series(series, Resolution::kHour, now - kKeepHoursMs);
        KILN_CO_TRY_VOID(co_await hours);
      }
    } while (!after.empty());
  }
  co_return Status{};
}

Task<Status> MetricStore::expire_series(Series series, Resolution resolution,
                                        std::int64_t before_ms) {
  const std::string prefix = points_key(series, kind_of(resolution));
  for (;;) {
    auto scanning = store_.scan({.begin = prefix, .end = prefix + store::key(before_ms)});
    KILN_CO_TRY(const auto entries, co_await scanning);
    if (entries.empty()) co_return Status{};
    store::Batch batch;
    batch.durability = store::Durability::kBuffered;
    for (const store::Entry& entry : entries) batch.erase(entry.key);
    auto committing = store_.commit(std::move(batch));
    KILN_CO_TRY_VOID(co_await committing);
  }
}

}  // namespace kiln::metering
