// SPDX-License-Identifier: Apache-2.0
#pragma once
// IPv4 networks in CIDR notation, and sets of them. Pure.

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kiln {

struct Ipv4Network {
  std::uint32_t address = 0;  // host byte order; no bit is set behind the prefix
  std::uint32_t prefix = 32;  // 0 to 32
  auto operator<=>(const Ipv4Network&) const = default;
  bool contains(const Ipv4Network& other) const;
};
// "10.0.0.0/8", or "10.0.0.1" for one address. nullopt also when a bit behind the prefix is set.
std::optional<Ipv4Network> parse_ipv4_network(std::string_view text);
std::string to_text(const Ipv4Network& network);  // always with the prefix

// Sorted by address, none within another.
using Ipv4Networks = std::vector<Ipv4Network>;
bool is_normal(const Ipv4Networks& networks);
Ipv4Networks unite(Ipv4Networks a, const Ipv4Networks& b);  // of any networks, in any order
Ipv4Networks intersect(const Ipv4Networks& a, const Ipv4Networks& b);

}  // namespace kiln
