// SPDX-License-Identifier: Apache-2.0
#include "metering/datapoint.h"

#include "base/fields.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace kiln::metering {
namespace {

const double kLogWidth = std::log(1.02);
// Keeps the sign apart from the exponent: values from 1e-9 to 1e15 have buckets of their own.
constexpr std::int32_t kOffset = 2'000;

// 0: zero; positive and negative values mirror each other.
std::int32_t bucket_of(double value) {
  if (value == 0) return 0;
  const double raw = std::floor(std::log(std::abs(value)) / kLogWidth);
  const auto index =
      static_cast<std::int32_t>(std::clamp(raw, -double{kOffset} + 1, double{kOffset})) + kOffset;
  return value > 0 ? index : -index;
}

double middle_of(std::int32_t bucket) {
  if (bucket == 0) return 0;
  const double value = std::exp((std::abs(bucket) - kOffset + 0.5) * kLogWidth);
  return bucket > 0 ? value : -value;
}

std::int64_t bits(double value) { return std::bit_cast<std::int64_t>(value); }
double take_double(FieldReader& in) { return std::bit_cast<double>(in.number()); }

}  // namespace

void Datapoint::add(double value, double times) {
  add_statistics(times, value * times, value, value);
  const std::int32_t bucket = bucket_of(value);
  if (const auto it = buckets.find(bucket); it != buckets.end()) {
    it->second += times;
  } else if (buckets.size() < kMaxBuckets) {
    buckets.emplace(bucket, times);
  } else {
    has_distribution = false;
  }
}

void Datapoint::add_statistics(double samples, double total, double smallest, double largest) {
  minimum = count > 0 ? std::min(minimum, smallest) : smallest;
  maximum = count > 0 ? std::max(maximum, largest) : largest;
  count += samples;
  sum += total;
}

void Datapoint::merge(const Datapoint& other) {
  if (other.count <= 0) return;
  add_statistics(other.count, other.sum, other.minimum, other.maximum);
  if (!other.unit.empty()) unit = other.unit;
  has_distribution = has_distribution && other.has_distribution;
  for (const auto& [bucket, times] : other.buckets) {
    if (buckets.size() >= kMaxBuckets && !buckets.contains(bucket)) {
      has_distribution = false;
      continue;
    }
    buckets[bucket] += times;
  }
}

std::optional<double> Datapoint::percentile(double fraction) const {
  double total = 0;
  for (const auto& [bucket, times] : buckets) total += times;
  if (!has_distribution || total <= 0 || total < count) return std::nullopt;
  if (fraction >= 1) return maximum;
  const double wanted = fraction * total;
  double seen = 0;
  for (const auto& [bucket, times] : buckets) {
    seen += times;
    if (seen >= wanted) return std::clamp(middle_of(bucket), minimum, maximum);
  }
  return maximum;
}

std::vector<Datapoint::Weighted> Datapoint::distribution() const {
  std::vector<Weighted> out;
  double total = 0;
  for (const auto& [bucket, times] : buckets) {
    total += times;
    out.push_back({std::clamp(middle_of(bucket), minimum, maximum), times});
  }
  if (!has_distribution || total < count) out.clear();
  return out;
}

std::string encode(const Datapoint& p) {
  FieldWriter out;
  out.number(bits(p.count)).number(bits(p.sum)).number(bits(p.minimum)).number(bits(p.maximum));
  out.text(p.unit).number(p.has_distribution);
  out.number(static_cast<std::int64_t>(p.buckets.size()));
  for (const auto& [bucket, times] : p.buckets) out.number(bucket).number(bits(times));
  return out.bytes();
}

Result<Datapoint> decode_datapoint(std::string_view bytes) {
  FieldReader in(bytes);
  Datapoint p;
  p.count = take_double(in);
  p.sum = take_double(in);
  p.minimum = take_double(in);
  p.maximum = take_double(in);
  p.unit = in.text();
  p.has_distribution = in.number() != 0;
  for (auto left = in.number(); left > 0 && in.status(); --left) {
    const auto bucket = static_cast<std::int32_t>(in.number());
    p.buckets[bucket] = take_double(in);
  }
  KILN_TRY_VOID(in.status());
  return p;
}

}  // namespace kiln::metering
