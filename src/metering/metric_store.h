// SPDX-License-Identifier: Apache-2.0
#pragma once
// MetricStore keeps datapoints of metrics: buffers what is measured, writes it in batches, reads it
// back by series and time, lists series, and erases what is old.
//
// Each process writes its own part of a period under a key of its own and rewrites that whole, so a
// flush reads nothing and several servers share a store; readers merge the parts.
// Kept as in CloudWatch: 1-minute points for 15 days, 5-minute points for 63, 1-hour points for 455
// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html).
// Bounds: kMaxBuffered points wait; past it new series are dropped and counted
// (kiln_metering_dropped_total). What was added in the last second may be lost by a crash, nothing
// that flush(kOnDisk) has returned for. Threads: one loop.

#include "async/clock.h"
#include "async/gate.h"
#include "base/metrics.h"
#include "base/random.h"
#include "metering/datapoint.h"
#include "store/store.h"

#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace kiln::metering {

using Dimensions = std::map<std::string, std::string>;

struct Series {
  std::string account;
  std::string region;
  std::string space;  // the namespace: "AWS/Lambda"
  std::string name;
  Dimensions dimensions;
  auto operator<=>(const Series&) const = default;
};

enum class Resolution : std::uint8_t { kMinute, kHour, kFiveMinutes };
inline constexpr std::int64_t kMinuteMs = 60'000;
inline constexpr std::int64_t kFiveMinutesMs = 300'000;
inline constexpr std::int64_t kHourMs = 3'600'000;
inline constexpr std::int64_t kKeepMinutesMs = 15 * 24 * kHourMs;
inline constexpr std::int64_t kKeepFiveMinutesMs = 63 * 24 * kHourMs;
inline constexpr std::int64_t kKeepHoursMs = 455 * 24 * kHourMs;

std::int64_t period_of(Resolution resolution);

struct TimedPoint {
  Timestamp start;  // of the period
  Datapoint point;
};

struct SeriesPage {
  std::vector<Series> series;
  std::string next;  // pass it on for more; empty at the end
};

class MetricStore {
 public:
  static constexpr std::size_t kMaxBuffered = 100'000;
  static constexpr std::int64_t kFlushEveryMs = 1'000;

  // References outlive *this. `collect` is called before each flush and may add().
  MetricStore(store::Store& store, Clock& clock, Random& random, Metrics& metrics);
  void on_flush(std::function<void()> collect) { collect_.push_back(std::move(collect)); }
  void start();
  // Writes what waits.
  Task<void> stop();

  void add(const Series& series, Timestamp at, const Datapoint& point);
  void add_now(const Series& series, const Datapoint& point) { add(series, clock_.wall(), point); }
  // Of a meter that is full.
  void count_dropped() { dropped_.add(); }
  Task<Status> flush(store::Durability durability);
  // Points that begin in [from, to), in order, at most `limit`.
  Task<Result<std::vector<TimedPoint>>> read(Series series, Resolution resolution, Timestamp from,
                                             Timestamp to, std::size_t limit);
  // By namespace, name and dimensions. Those that `wanted` passes, and when each had data last.
  Task<Result<SeriesPage>> list(std::string account, std::string region, std::string space,
                                std::string after, std::size_t limit,
                                std::function<bool(const Series&, Timestamp)> wanted);

 private:
  struct Part {
    std::string writer;  // the last element of the key
    Datapoint point;
    bool dirty = true;
  };
  using PartKey = std::pair<Series, std::pair<Resolution, std::int64_t>>;
  void add_part(const Series& series, Resolution resolution, std::int64_t start_ms,
                const Datapoint& point);
  void note_series(store::Batch& batch, const Series& series, std::int64_t seen_ms);
  Task<void> flush_forever(Gate::Pass pass);
  Task<void> expire_forever(Gate::Pass pass);
  Task<Status> expire();
  Task<Status> expire_series(Series series, Resolution resolution, std::int64_t before_ms);

  store::Store& store_;
  Clock& clock_;
  std::string process_;
  std::uint64_t parts_made_ = 0;
  std::map<PartKey, Part> parts_;
  std::map<Series, std::int64_t> noted_;  // when the series was last written to the register
  std::vector<std::function<void()>> collect_;
  std::stop_source stop_;
  Gate background_;
  Counter& dropped_;
  Counter& buffered_;
};

}  // namespace kiln::metering
