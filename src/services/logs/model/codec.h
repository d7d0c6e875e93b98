// SPDX-License-Identifier: Apache-2.0
#pragma once
// Compact binary values of this room: variable-length integers and counted strings.

#include <cstdint>
#include <string>
#include <string_view>

namespace kiln::logs {

class Encoder {
 public:
  Encoder& unsigned_integer(std::uint64_t value);
  Encoder& integer(std::int64_t value);  // zigzag: small negatives stay small
  Encoder& text(std::string_view value);
  const std::string& bytes() const& { return bytes_; }
  std::string bytes() && { return std::move(bytes_); }
  std::size_t size() const { return bytes_.size(); }

 private:
  std::string bytes_;
};

// Reads back in order. After a read past the end or of a malformed integer every value is zero or
// empty and ok() is false.
class Decoder {
 public:
  explicit Decoder(std::string_view bytes) : rest_(bytes) {}
  std::uint64_t unsigned_integer();
  std::int64_t integer();
  std::string_view text();
  bool ok() const { return ok_; }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace kiln::logs
