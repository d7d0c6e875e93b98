// SPDX-License-Identifier: Apache-2.0
#include "base/time.h"
#include "iam/policy.h"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <cmath>

namespace kiln::iam {

std::optional<IpRange> parse_ip_range(std::string_view text) {
  IpRange out;
  const auto slash = text.find('/');
  const std::string address(text.substr(0, slash));
  out.v6 = address.find(':') != std::string::npos;
  if (::inet_pton(out.v6 ? AF_INET6 : AF_INET, address.c_str(), out.address.data()) != 1) {
    return std::nullopt;
  }
  const int longest = out.v6 ? 128 : 32;
  out.prefix = longest;
  if (slash == std::string_view::npos) return out;
  const auto digits = text.substr(slash + 1);
  const auto [end, failed] =
      std::from_chars(digits.data(), digits.data() + digits.size(), out.prefix);
  if (failed != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  if (out.prefix < 0 || out.prefix > longest) return std::nullopt;
  return out;
}

std::optional<std::int64_t> parse_policy_date(std::string_view text) {
  const bool digits =
      !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
  std::string full(text);
  if (digits && text.size() == 4) {
    full += "-01-01T00:00:00Z";
  } else if (digits) {
    std::int64_t seconds = 0;
    if (text.size() > 15) return std::nullopt;
    std::from_chars(text.data(), text.data() + text.size(), seconds);
    return seconds * 1'000;
  } else if (text.size() == 7) {
    full += "-01T00:00:00Z";
  } else if (text.size() == 10) {
    full += "T00:00:00Z";
  } else if (text.size() == 17 && text.ends_with('Z')) {
    full.insert(16, ":00");
  }
  const auto parsed = parse_iso8601(full);
  if (!parsed) return std::nullopt;
  return parsed->ms;
}

std::optional<double> parse_policy_number(std::string_view text) {
  double out = 0;
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (failed != std::errc() || end != text.data() + text.size() || !std::isfinite(out)) {
    return std::nullopt;
  }
  return out;
}

}  // namespace kiln::iam
