// SPDX-License-Identifier: Apache-2.0
#pragma once
// Deliveries wait in lanes, one queue each in a place, so that a slow web server or mail relay
// holds nobody up who is served by another.

#include <array>
#include <cstdint>
#include <string_view>

namespace kiln::sns {

enum class Lane : std::uint8_t {
  kFanOut,   // messages that have yet to become deliveries
  kTargets,  // queues and functions
  kWeb,
  kMail,
};

inline constexpr std::array<Lane, 4> kLanes = {Lane::kFanOut, Lane::kTargets, Lane::kWeb,
                                               Lane::kMail};

inline constexpr std::string_view name_of(Lane lane) {
  switch (lane) {
    case Lane::kFanOut:
      return "fanout";
    case Lane::kTargets:
      return "targets";
    case Lane::kWeb:
      return "web";
    case Lane::kMail:
      return "mail";
  }
  return "targets";
}

inline constexpr Lane lane_of(std::string_view protocol) {
  if (protocol.starts_with("http")) return Lane::kWeb;
  if (protocol.starts_with("email")) return Lane::kMail;
  return Lane::kTargets;
}

}  // namespace kiln::sns
