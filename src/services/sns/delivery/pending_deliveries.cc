// SPDX-License-Identifier: Apache-2.0
#include "services/sns/delivery/pending_deliveries.h"

#include "services/sns/model/lane.h"
#include "services/sns/store/keys.h"

#include <string>
#include <utility>

namespace kiln::sns {
namespace {

// From which topic, and where to when that is known.
std::string describe(Lane lane, const std::string& payload) {
  if (lane == Lane::kFanOut) {
    const auto fan_out = decode_fan_out(payload);
    return fan_out ? arn_of(fan_out->topic) : "";
  }
  const auto delivery = decode_delivery(payload);
  return delivery ? arn_of(delivery->topic) + " to " + delivery->endpoint : "";
}

}  // namespace

Task<Result<std::vector<queue::PendingWork>>> PendingDeliveries::pending(std::size_t limit) {
  auto listing = catalog_.places();
  KILN_CO_TRY(const auto places, co_await listing);
  std::vector<queue::PendingWork> out;
  for (const Place& place : places) {
    for (const Lane lane : kLanes) {
      if (out.size() == limit) co_return out;
      auto looking = queue::backlog_of(queue_, keys::queue(place, name_of(lane)), clock_.wall());
      KILN_CO_TRY(queue::Backlog backlog, co_await looking);
      if (backlog.empty()) continue;
      out.push_back({.kind = "sns",
                     .name = place.account + "/" + place.region + "/" + std::string(name_of(lane)),
                     .next = describe(lane, backlog.first),
                     .backlog = std::move(backlog)});
    }
  }
  co_return out;
}

}  // namespace kiln::sns
