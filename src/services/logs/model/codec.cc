// SPDX-License-Identifier: Apache-2.0
#include "services/logs/model/codec.h"

namespace kiln::logs {

Encoder& Encoder::unsigned_integer(std::uint64_t value) {
  while (value >= 0x80) {
    bytes_.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  bytes_.push_back(static_cast<char>(value));
  return *this;
}

Encoder& Encoder::integer(std::int64_t value) {
  return unsigned_integer(static_cast<std::uint64_t>(value) << 1 ^
                          static_cast<std::uint64_t>(value >> 63));
}

Encoder& Encoder::text(std::string_view value) {
  unsigned_integer(value.size());
  bytes_.append(value);
  return *this;
}

std::uint64_t Decoder::unsigned_integer() {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    if (rest_.empty()) break;
    const auto byte = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return ok_ ? value : 0;
  }
  ok_ = false;
  return 0;
}

std::int64_t Decoder::integer() {
  const std::uint64_t value = unsigned_integer();
  return static_cast<std::int64_t>(value >> 1 ^ (~(value & 1) + 1));
}

std::string_view Decoder::text() {
  const std::uint64_t size = unsigned_integer();
  if (!ok_ || size > rest_.size()) {
    ok_ = false;
    return {};
  }
  const std::string_view out = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return out;
}

}  // namespace kiln::logs
