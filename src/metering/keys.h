// SPDX-License-Identifier: Apache-2.0
#pragma once
// Every key that this room keeps in the store. DIMENSIONS: names and values, sorted, as one tuple;
// the SHA-256 of that when it is long.
//
//   ACCOUNT REGION metering minute SPACE NAME DIMENSIONS START WRITER -> Datapoint
//   ACCOUNT REGION metering five   SPACE NAME DIMENSIONS START WRITER -> Datapoint
//   ACCOUNT REGION metering hour   SPACE NAME DIMENSIONS START WRITER -> Datapoint
//   ACCOUNT REGION metering series SPACE NAME DIMENSIONS -> when it last had data, dimensions
//   ACCOUNT REGION metering usage DAY FUNCTION ARCHITECTURE WRITER -> Usage; DAY since 1970
//   metering partition ACCOUNT REGION -> "": it has series or usage

#include "base/crypto.h"
#include "store/tuple.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace kiln::metering::keys {

inline constexpr std::size_t kMaxDimensionBytes = 512;

inline std::string dimensions(const std::map<std::string, std::string>& values) {
  std::string out;
  for (const auto& [name, value] : values) out += store::key(name, value);
  return out.size() <= kMaxDimensionBytes ? out : sha256_hex(out);
}
inline std::string points(std::string_view account, std::string_view region, std::string_view kind,
                          std::string_view space, std::string_view name,
                          std::string_view dimensions) {
  return store::key(account, region, "metering", kind, space, name, dimensions);
}
inline std::string all_series(std::string_view account, std::string_view region) {
  return store::key(account, region, "metering", "series");
}
inline std::string usage(std::string_view account, std::string_view region) {
  return store::key(account, region, "metering", "usage");
}
inline std::string partitions() { return store::key("metering", "partition"); }
inline std::string partition(std::string_view account, std::string_view region) {
  return store::key("metering", "partition", account, region);
}

}  // namespace kiln::metering::keys
