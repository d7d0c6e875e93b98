// SPDX-License-Identifier: Apache-2.0
#include "metering/usage.h"

#include "base/fields.h"

#include <algorithm>
#include <array>

namespace kiln::metering {
namespace {

constexpr double kMbMsOfGbS = 1024.0 * 1000.0;
constexpr double kPerRequest = 0.20 / 1'000'000;
constexpr double kFreeRequests = 1'000'000;
constexpr double kFreeGbS = 400'000;
constexpr double kStoragePerGbS = 0.0000000309;
constexpr double kProvisionedPerGbS = 0.0000041667;
constexpr double kProvisionedRunPerGbS = 0.0000097222;

struct Tier {
  double gb_s;  // how much of it, in a month
  double price;
};
constexpr double kRest = 1e300;
constexpr std::array<Tier, 3> kX86 = {
    {{6e9, 0.0000166667}, {9e9, 0.000015}, {kRest, 0.0000133334}}};
constexpr std::array<Tier, 3> kArm = {
    {{7.5e9, 0.0000133334}, {11.25e9, 0.0000120001}, {kRest, 0.0000106667}}};

double duration_price(double gb_s, bool arm) {
  double dollars = 0;
  for (const Tier& tier : arm ? kArm : kX86) {
    const double here = std::min(gb_s, tier.gb_s);
    dollars += here * tier.price;
    gb_s -= here;
  }
  return dollars;
}

}  // namespace

Usage& Usage::operator+=(const Usage& other) {
  requests += other.requests;
  billed_ms += other.billed_ms;
  memory_mb_ms += other.memory_mb_ms;
  init_ms += other.init_ms;
  storage_mb_ms += other.storage_mb_ms;
  provisioned_mb_ms += other.provisioned_mb_ms;
  provisioned_run_mb_ms += other.provisioned_run_mb_ms;
  return *this;
}

std::string encode(const Usage& u) {
  return FieldWriter()
      .number(u.requests)
      .number(u.billed_ms)
      .number(u.memory_mb_ms)
      .number(u.init_ms)
      .number(u.storage_mb_ms)
      .number(u.provisioned_mb_ms)
      .number(u.provisioned_run_mb_ms)
      .bytes();
}

Result<Usage> decode_usage(std::string_view bytes) {
  FieldReader in(bytes);
  Usage u{.requests = in.number(),
          .billed_ms = in.number(),
          .memory_mb_ms = in.number(),
          .init_ms = in.number(),
          .storage_mb_ms = in.number(),
          .provisioned_mb_ms = in.number(),
          .provisioned_run_mb_ms = in.number()};
  KILN_TRY_VOID(in.status());
  return u;
}

std::vector<CostLine> price(const Usage& usage, bool arm, bool free_tier) {
  const auto gb_s = [](std::int64_t mb_ms) { return static_cast<double>(mb_ms) / kMbMsOfGbS; };
  const auto requests = static_cast<double>(usage.requests);
  const double billed_requests = free_tier ? std::max(0.0, requests - kFreeRequests) : requests;
  const double duration = gb_s(usage.memory_mb_ms);
  const double billed_duration = free_tier ? std::max(0.0, duration - kFreeGbS) : duration;
  const double storage = gb_s(usage.storage_mb_ms);
  const double provisioned = gb_s(usage.provisioned_mb_ms);
  const double provisioned_run = gb_s(usage.provisioned_run_mb_ms);
  std::vector<CostLine> out = {
      {"Requests", requests, "requests", billed_requests * kPerRequest},
      {"Duration", duration, "GB-s", duration_price(billed_duration, arm)},
      {"Ephemeral storage above 512 MB", storage, "GB-s", storage * kStoragePerGbS},
      {"Provisioned concurrency", provisioned, "GB-s", provisioned * kProvisionedPerGbS},
      {"Duration on provisioned concurrency", provisioned_run, "GB-s",
       provisioned_run * kProvisionedRunPerGbS},
  };
  std::erase_if(out, [](const CostLine& line) {
    return line.quantity == 0 && line.what != "Requests" && line.what != "Duration";
  });
  return out;
}

}  // namespace kiln::metering
