// SPDX-License-Identifier: Apache-2.0
#include "invoke/trace_header.h"

#include "base/encoding.h"

namespace kiln::invoke {

std::string new_trace_header(Timestamp now, Random& random) {
  const std::string hex = hex_encode(random.bytes(20));
  std::string seconds(8, '0');
  std::uint64_t value = static_cast<std::uint64_t>(now.ms / 1000);
  for (std::size_t i = 8; i-- > 0; value >>= 4) seconds[i] = "0123456789abcdef"[value & 15];
  std::string header = "Root=1-";
  header.reserve(80);
  header.append(seconds).append("-").append(hex, 0, 24);
  header.append(";Parent=").append(hex, 24, 16).append(";Sampled=0");
  return header;
}

}  // namespace kiln::invoke
