// SPDX-License-Identifier: Apache-2.0
#include "iam/unique_id.h"

#include "base/crypto.h"

#include <span>

namespace kiln::iam {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::uint64_t kAccountOffset = 1ULL << 39;

}  // namespace

std::string unique_id(std::string_view prefix, std::string_view account, Random& random) {
  std::uint64_t number = 0;
  for (const char c : account) number = number * 10 + static_cast<std::uint64_t>(c - '0');
  const std::uint64_t half = number / 2 + kAccountOffset;
  std::string out(prefix);
  for (int shift = 35; shift >= 0; shift -= 5) out += kAlphabet[half >> shift & 31];
  out += random.text(1, number % 2 == 0 ? kAlphabet.substr(0, 16) : kAlphabet.substr(16));
  const std::size_t length = prefix == "AKIA" || prefix == "ASIA" ? 20 : 21;
  return out + random.text(length - out.size(), kAlphabet);
}

std::string secret_access_key(Random& random) {
  return random.text(40, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
}

std::string stand_in_role_id(std::string_view role_arn, std::string_view account) {
  const auto digest = sha256(role_arn);
  std::uint64_t seed = 0;
  for (const auto byte : std::span(digest).first<8>()) seed = seed << 8 | byte;
  SeededRandom random(seed);
  return unique_id("AROA", account, random);
}

std::optional<std::string> account_of_id(std::string_view id) {
  if (id.size() < 20) return std::nullopt;
  std::uint64_t half = 0;
  for (const char c : id.substr(4, 8)) {
    const auto digit = kAlphabet.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    half = half << 5 | digit;
  }
  const auto low = kAlphabet.find(id[12]);
  if (low == std::string_view::npos || half < kAccountOffset) return std::nullopt;
  const std::uint64_t number = (half - kAccountOffset) * 2 + (low >= 16 ? 1 : 0);
  std::string text = std::to_string(number);
  if (text.size() > 12) return std::nullopt;
  return std::string(12 - text.size(), '0') + text;
}

}  // namespace kiln::iam
