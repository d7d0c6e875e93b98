// SPDX-License-Identifier: Apache-2.0
#include "invoke/trace_header.h"

#include "base/encoding.h"

namespace kiln::invoke {
namespace {

std::string new_root(Timestamp now, Random& random) {
  std::string seconds(8, '0');
  std::uint64_t value = static_cast<std::uint64_t>(now.ms / 1000);
  for (std::size_t i = 8; i-- > 0; value >>= 4) seconds[i] = "0123456789abcdef"[value & 15];
  return "Root=1-" + seconds + "-" + hex_encode(random.bytes(12));
}

}  // namespace

std::string_view trace_field(std::string_view header, std::string_view name) {
  while (!header.empty()) {
    const auto end = header.find(';');
    std::string_view part = header.substr(0, end);
    header.remove_prefix(end == std::string_view::npos ? header.size() : end + 1);
    while (part.starts_with(' ')) part.remove_prefix(1);
    if (part.starts_with(name) && part.substr(name.size()).starts_with('=')) {
      return part.substr(name.size() + 1);
    }
  }
  return {};
}

std::string invocation_trace(std::string_view header, bool active, Timestamp now, Random& random) {
  if (!header.empty() && !active) return std::string(header);
  std::string out;
  out.reserve(header.size() + 96);
  if (trace_field(header, "Root").empty()) {
    out = new_root(now, random);
    if (!header.empty()) out += ';';
  }
  out.append(header);
  if (trace_field(header, "Parent").empty()) out += ";Parent=" + hex_encode(random.bytes(8));
  if (trace_field(header, "Sampled").empty()) out.append(active ? ";Sampled=1" : ";Sampled=0");
  return out;
}

}  // namespace kiln::invoke
