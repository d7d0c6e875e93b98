// SPDX-License-Identifier: Apache-2.0
#include "invoke/lineage.h"

#include "base/crypto.h"
#include "invoke/trace_header.h"

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

namespace kiln::invoke {
namespace {

using Hop = std::pair<std::string, int>;

std::string name_of(std::string_view function_arn) { return sha256_hex(function_arn).substr(0, 8); }

std::vector<Hop> parse(std::string_view header) {
  std::vector<Hop> hops;
  std::string_view rest = trace_field(header, "Lineage");
  while (!rest.empty() && hops.size() < kMaxLineage) {
    const auto end = rest.find('|');
    const std::string_view part = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    const auto colon = part.find(':');
    if (colon == std::string_view::npos || colon > 16) continue;
    int count = 0;
    std::from_chars(part.data() + colon + 1, part.data() + part.size(), count);
    hops.emplace_back(part.substr(0, colon), std::clamp(count, 0, 1'000'000));
  }
  return hops;
}

}  // namespace

int hops_of(std::string_view header, std::string_view function_arn) {
  const auto hops = parse(header);
  const auto found = std::ranges::find(hops, name_of(function_arn), &Hop::first);
  return found == hops.end() ? 0 : found->second;
}

// The text is the service model's.
aws::ApiError recursive_invocation() {
  return {.code = "RecursiveInvocationException",
          .http_status = 400,
          .message =
              "Lambda has detected your function being invoked in a recursive loop with other "
              "Amazon Web Services resources and stopped your function's invocation."};
}

std::string with_hop(std::string_view header, std::string_view function_arn) {
  auto hops = parse(header);
  const std::string name = name_of(function_arn);
  const auto found = std::ranges::find(hops, name, &Hop::first);
  if (found != hops.end()) {
    ++found->second;
  } else {
    if (hops.size() == kMaxLineage) hops.erase(hops.begin());
    hops.emplace_back(name, 1);
  }
  std::string out;
  while (!header.empty()) {
    const auto end = header.find(';');
    std::string_view part = header.substr(0, end);
    header.remove_prefix(end == std::string_view::npos ? header.size() : end + 1);
    while (part.starts_with(' ')) part.remove_prefix(1);
    if (part.empty() || part.starts_with("Lineage=")) continue;
    out.append(part).append(";");
  }
  out += "Lineage=";
  for (const auto& [hash, count] : hops) {
    if (!out.ends_with('=')) out += '|';
    out.append(hash).append(":").append(std::to_string(count));
  }
  return out;
}

}  // namespace kiln::invoke
