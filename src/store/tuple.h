// SPDX-License-Identifier: Apache-2.0
#pragma once
// Keys are tuples of strings and integers, encoded so that byte order is tuple order.
//
// Encoding, one element after another: string = 0x02, bytes with 0x00 written as 0x00 0xFF, then
// 0x00; integer = 0x15, then 8 bytes big endian with the sign bit flipped. Every room declares its
// keys in one keys.h.

#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace kiln::store {

class Key {
 public:
  Key() = default;
  Key& add(std::string_view element);
  Key& add(std::int64_t element);
  // The encoded bytes. A key that is a prefix of another by elements is so by bytes.
  const std::string& bytes() const& { return bytes_; }
  std::string bytes() && { return std::move(bytes_); }

 private:
  std::string bytes_;
};

namespace detail {
inline void add_all(Key&) {}
template <class First, class... Rest>
void add_all(Key& key, const First& first, const Rest&... rest) {
  if constexpr (std::is_integral_v<First>) {
    key.add(static_cast<std::int64_t>(first));
  } else {
    key.add(std::string_view(first));
  }
  add_all(key, rest...);
}
}  // namespace detail

// key("lambda", account, region, "function", name)
template <class... Elements>
std::string key(const Elements&... elements) {
  Key out;
  detail::add_all(out, elements...);
  return std::move(out).bytes();
}

// Reads elements back in order.
class KeyReader {
 public:
  explicit KeyReader(std::string_view bytes) : rest_(bytes) {}
  Result<std::string> next_string();
  Result<std::int64_t> next_integer();
  bool done() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

}  // namespace kiln::store
