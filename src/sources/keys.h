// SPDX-License-Identifier: Apache-2.0
#pragma once
// Every key that this room keeps in the store.
//
//   ACCOUNT REGION sources mapping UUID         -> Mapping
//   ACCOUNT REGION sources pair SOURCE FUNCTION -> the UUID: one mapping for each pair
//   sources mapping UUID                        -> the mapping's key. Global: scanned at start, and
//                                                  watched, by who runs the pollers

#include "store/tuple.h"

#include <string>
#include <string_view>

namespace kiln::sources::keys {

inline std::string mappings(std::string_view account, std::string_view region) {
  return store::key(account, region, "sources", "mapping");
}
inline std::string mapping(std::string_view account, std::string_view region,
                           std::string_view uuid) {
  return store::key(account, region, "sources", "mapping", uuid);
}
inline std::string pair(std::string_view account, std::string_view region, std::string_view source,
                        std::string_view function) {
  return store::key(account, region, "sources", "pair", source, function);
}
inline std::string registry() { return store::key("sources", "mapping"); }
inline std::string registered(std::string_view uuid) {
  return store::key("sources", "mapping", uuid);
}

}  // namespace kiln::sources::keys
