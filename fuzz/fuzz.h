// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the fuzz targets share. A target checks properties with FUZZ_CHECK; a false one is a crash.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#define FUZZ_CHECK(condition)                                                             \
  do {                                                                                    \
    if (!(condition)) {                                                                   \
      std::fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                       \
    }                                                                                     \
  } while (false)

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace kiln::fuzz {

inline std::string_view text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// The text up to `mark`, which is dropped with it from `rest`; all of it when there is no mark.
inline std::string_view take_until(std::string_view& rest, std::string_view mark) {
  const auto at = rest.find(mark);
  const auto head = rest.substr(0, at);
  rest.remove_prefix(at == std::string_view::npos ? rest.size() : at + mark.size());
  return head;
}

}  // namespace kiln::fuzz
