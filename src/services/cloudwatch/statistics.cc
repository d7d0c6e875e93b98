// SPDX-License-Identifier: Apache-2.0
#include "services/cloudwatch/statistics.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace kiln::cloudwatch {

namespace {

std::optional<double> number_of(std::string_view text) {
  double out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return std::isfinite(out) ? std::optional(out) : std::nullopt;
}

std::optional<double> fraction_of(std::string_view percent) {
  const auto out = number_of(percent);
  return out && *out >= 0 && *out <= 100 ? std::optional(*out / 100) : std::nullopt;
}

}  // namespace

// "10%:90%", "150:", ":2000".
std::optional<Statistic::Range> Statistic::parse_range(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || text.size() == 1) return std::nullopt;
  Range out;
  out.fractions = text.contains('%');
  std::string_view sides[] = {text.substr(0, colon), text.substr(colon + 1)};
  std::optional<double>* const bounds[] = {&out.low, &out.high};
  for (int i = 0; i < 2; ++i) {
    if (sides[i].empty()) continue;
    if (sides[i].ends_with('%') != out.fractions) return std::nullopt;
    if (out.fractions) sides[i].remove_suffix(1);
    *bounds[i] = out.fractions ? fraction_of(sides[i]) : number_of(sides[i]);
    if (!*bounds[i]) return std::nullopt;
  }
  if (out.low && out.high && *out.low >= *out.high) return std::nullopt;
  return out;
}

std::optional<Statistic> Statistic::parse(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, Kind>, 5> kNames = {
      {{"Average", Kind::kAverage},
       {"Sum", Kind::kSum},
       {"SampleCount", Kind::kSamples},
       {"Minimum", Kind::kMinimum},
       {"Maximum", Kind::kMaximum}}};
  static constexpr std::array<std::pair<std::string_view, Kind>, 5> kRanges = {
      {{"TM", Kind::kTrimmedMean},
       {"TC", Kind::kTrimmedCount},
       {"TS", Kind::kTrimmedSum},
       {"WM", Kind::kWinsorizedMean},
       {"PR", Kind::kPercentileRank}}};
  Statistic out;
  for (const auto& [known, kind] : kNames) {
    if (name != known) continue;
    out.kind_ = kind;
    return out;
  }
  if (name == "IQM") {
    out.kind_ = Kind::kTrimmedMean;
    out.range_ = {.low = 0.25, .high = 0.75, .fractions = true};
    return out;
  }
  for (const auto& [known, kind] : kRanges) {
    if (name.size() < 3) break;
    const bool lower = name[0] == known[0] + 32 && name[1] == known[1] + 32;
    if (!lower && !name.starts_with(known)) continue;
    out.kind_ = kind;
    if (name[2] == '(' && name.ends_with(')')) {
      const auto range = parse_range(name.substr(3, name.size() - 4));
      if (!range || (kind == Kind::kPercentileRank && range->fractions)) return std::nullopt;
      out.range_ = *range;
      return out;
    }
    const auto fraction = fraction_of(name.substr(2));
    if (!fraction || kind == Kind::kPercentileRank) return std::nullopt;
    out.range_ = {.low = std::nullopt, .high = fraction, .fractions = true};
    return out;
  }
  if (!name.starts_with('p') && !name.starts_with('P')) return std::nullopt;
  const auto fraction = fraction_of(name.substr(1));
  if (!fraction) return std::nullopt;
  out.kind_ = Kind::kPercentile;
  out.fraction_ = *fraction;
  return out;
}

std::optional<double> Statistic::of(const metering::Datapoint& point) const {
  switch (kind_) {
    case Kind::kAverage:
      return point.average();
    case Kind::kSum:
      return point.sum;
    case Kind::kSamples:
      return point.count;
    case Kind::kMinimum:
      return point.minimum;
    case Kind::kMaximum:
      return point.maximum;
    case Kind::kPercentile:
      return point.percentile(fraction_);
    default:
      return of_range(point);
  }
}

std::optional<double> Statistic::of_range(const metering::Datapoint& point) const {
  const auto values = point.distribution();
  if (values.empty()) return std::nullopt;
  const double low = range_.low.value_or(range_.fractions ? 0 : -HUGE_VAL);
  const double high = range_.high.value_or(range_.fractions ? 1 : HUGE_VAL);
  double total = 0;
  for (const auto& [value, times] : values) total += times;
  double seen = 0, inside = 0, sum = 0, below = 0;
  std::optional<double> first, last;
  for (const auto& [value, times] : values) {
    double part = value > low && value <= high ? times : 0;
    double before = value <= low ? times : 0;
    if (range_.fractions) {
      before = std::clamp(low * total - seen, 0.0, times);
      part = std::max(0.0, std::min(seen + times, high * total) - std::max(seen, low * total));
    }
    seen += times;
    below += before;
    inside += part;
    sum += part * value;
    if (part <= 0) continue;
    if (!first) first = value;
    last = value;
  }
  if (kind_ == Kind::kTrimmedCount) return inside;
  if (kind_ == Kind::kTrimmedSum) return sum;
  if (kind_ == Kind::kPercentileRank) return 100 * inside / total;
  if (!first) return std::nullopt;
  if (kind_ == Kind::kTrimmedMean) return sum / inside;
  const double above = total - below - inside;
  const double at_low = range_.fractions || !range_.low ? *first : low;
  const double at_high = range_.fractions || !range_.high ? *last : high;
  return (sum + below * at_low + above * at_high) / total;
}

bool is_period(std::int32_t seconds) {
  return seconds == 1 || seconds == 5 || seconds == 10 || seconds == 20 || seconds == 30 ||
         (seconds > 0 && seconds % 60 == 0);
}

metering::Resolution resolution_for(std::int32_t period_s, Timestamp from, Timestamp now) {
  if (period_s % 3'600 == 0) return metering::Resolution::kHour;
  const bool old = now.ms - from.ms > metering::kKeepMinutesMs;
  return old && period_s % 300 == 0 ? metering::Resolution::kFiveMinutes
                                    : metering::Resolution::kMinute;
}

std::vector<metering::TimedPoint> in_periods(const std::vector<metering::TimedPoint>& points,
                                             std::int64_t period_ms) {
  std::vector<metering::TimedPoint> out;
  for (const metering::TimedPoint& timed : points) {
    const std::int64_t start = timed.start.ms / period_ms * period_ms;
    if (out.empty() || out.back().start.ms != start) out.push_back({{start}, {}});
    out.back().point.merge(timed.point);
  }
  return out;
}

}  // namespace kiln::cloudwatch
