// SPDX-License-Identifier: Apache-2.0
#include "store/tuple.h"

namespace kiln::store {

namespace {
constexpr char kString = 0x02;
constexpr char kInteger = 0x15;
constexpr char kEscape = static_cast<char>(0xFF);
constexpr std::uint64_t kSignBit = std::uint64_t{1} << 63;

std::unexpected<Error> malformed(std::string_view expected) {
  return fail(ErrorCode::kInvalidArgument, "key: expected " + std::string(expected));
}
}  // namespace

Key& Key::add(std::string_view element) {
  bytes_.reserve(bytes_.size() + element.size() + 2);
  bytes_.push_back(kString);
  for (const char c : element) {
    bytes_.push_back(c);
    if (c == '\0') bytes_.push_back(kEscape);
  }
  bytes_.push_back('\0');
  return *this;
}

Key& Key::add(std::int64_t element) {
  const std::uint64_t ordered = static_cast<std::uint64_t>(element) ^ kSignBit;
  bytes_.push_back(kInteger);
  for (int shift = 56; shift >= 0; shift -= 8) {
    bytes_.push_back(static_cast<char>(ordered >> shift));
  }
  return *this;
}

Result<std::string> KeyReader::next_string() {
  if (rest_.empty() || rest_.front() != kString) return malformed("a string");
  std::string out;
  for (std::size_t i = 1; i < rest_.size(); ++i) {
    if (rest_[i] != '\0') {
      out.push_back(rest_[i]);
    } else if (i + 1 < rest_.size() && rest_[i + 1] == kEscape) {
      out.push_back('\0');
      ++i;
    } else {
      rest_.remove_prefix(i + 1);
      return out;
    }
  }
  return malformed("the end of a string");
}

Result<std::int64_t> KeyReader::next_integer() {
  if (rest_.size() < 9 || rest_.front() != kInteger) return malformed("an integer");
  std::uint64_t ordered = 0;
  for (std::size_t i = 1; i <= 8; ++i) {
    ordered = ordered << 8 | static_cast<unsigned char>(rest_[i]);
  }
  rest_.remove_prefix(9);
  return static_cast<std::int64_t>(ordered ^ kSignBit);
}

}  // namespace kiln::store
