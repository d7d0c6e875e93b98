// SPDX-License-Identifier: Apache-2.0
#include "base/ipv4_network.h"

#include <algorithm>
#include <charconv>
#include <iterator>

namespace kiln {
namespace {

std::uint32_t mask(std::uint32_t prefix) { return prefix == 0 ? 0 : ~0U << (32 - prefix); }

// A decimal number up to `limit` without sign or leading zero, taken off the front.
std::optional<std::uint32_t> take_number(std::string_view& text, std::uint32_t limit) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const auto size = static_cast<std::size_t>(end - text.data());
  if (error != std::errc() || value > limit || (size > 1 && text.front() == '0')) return {};
  text.remove_prefix(size);
  return value;
}

}  // namespace

bool Ipv4Network::contains(const Ipv4Network& other) const {
  return other.prefix >= prefix && (other.address & mask(prefix)) == address;
}

std::optional<Ipv4Network> parse_ipv4_network(std::string_view text) {
  Ipv4Network network;
  for (int i = 0; i < 4; ++i) {
    if (i > 0) {
      if (!text.starts_with('.')) return {};
      text.remove_prefix(1);
    }
    const auto part = take_number(text, 255);
    if (!part) return {};
    network.address = network.address << 8 | *part;
  }
  if (text.starts_with('/')) {
    text.remove_prefix(1);
    const auto prefix = take_number(text, 32);
    if (!prefix) return {};
    network.prefix = *prefix;
  }
  if (!text.empty() || (network.address & ~mask(network.prefix)) != 0) return {};
  return network;
}

std::string to_text(const Ipv4Network& network) {
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8) {
    text += std::to_string(network.address >> shift & 255);
    text += shift > 0 ? '.' : '/';
  }
  return text + std::to_string(network.prefix);
}

bool is_normal(const Ipv4Networks& networks) {
  for (std::size_t i = 0; i < networks.size(); ++i) {
    const Ipv4Network& each = networks[i];
    if (each.prefix > 32 || (each.address & ~mask(each.prefix)) != 0) return false;
    if (i > 0 && (networks[i - 1] >= each || networks[i - 1].contains(each))) return false;
  }
  return true;
}

// Networks overlap only when one holds the other, and what holds others sorts before them.
Ipv4Networks unite(Ipv4Networks a, const Ipv4Networks& b) {
  a.insert(a.end(), b.begin(), b.end());
  std::ranges::sort(a);
  Ipv4Networks out;
  for (const Ipv4Network& each : a) {
    if (out.empty() || !out.back().contains(each)) out.push_back(each);
  }
  return out;
}

Ipv4Networks intersect(const Ipv4Networks& a, const Ipv4Networks& b) {
  Ipv4Networks out;
  const auto inside = [&out](const Ipv4Networks& of, const Ipv4Networks& others) {
    std::ranges::copy_if(of, std::back_inserter(out), [&](const Ipv4Network& each) {
      return std::ranges::any_of(others, [&](const auto& other) { return other.contains(each); });
    });
  };
  inside(a, b);
  inside(b, a);
  return unite(std::move(out), {});
}

}  // namespace kiln
