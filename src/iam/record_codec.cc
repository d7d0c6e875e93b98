// SPDX-License-Identifier: Apache-2.0
#include "iam/record_codec.h"

namespace kiln::iam {

RecordWriter& RecordWriter::number(std::int64_t value) {
  auto bits = static_cast<std::uint64_t>(value);
  for (int i = 0; i < 8; ++i) {
    out_ += static_cast<char>(bits & 0xff);
    bits >>= 8;
  }
  return *this;
}

RecordWriter& RecordWriter::text(std::string_view value) {
  number(static_cast<std::int64_t>(value.size()));
  out_ += value;
  return *this;
}

RecordWriter& RecordWriter::list(const std::vector<std::string>& values) {
  number(static_cast<std::int64_t>(values.size()));
  for (const auto& value : values) text(value);
  return *this;
}

RecordWriter& RecordWriter::tags(const Tags& values) {
  number(static_cast<std::int64_t>(values.size()));
  for (const auto& [key, value] : values) text(key).text(value);
  return *this;
}

RecordReader::RecordReader(std::string_view bytes) : rest_(bytes) {
  if (rest_.empty()) {
    ok_ = false;
    return;
  }
  version_ = static_cast<std::uint8_t>(rest_.front());
  rest_.remove_prefix(1);
}

std::int64_t RecordReader::number() {
  if (rest_.empty()) return 0;  // a field that an older format did not have
  if (rest_.size() < 8) {
    ok_ = false;
    rest_ = {};
    return 0;
  }
  std::uint64_t bits = 0;
  for (std::size_t i = 8; i-- > 0;) bits = bits << 8 | static_cast<unsigned char>(rest_[i]);
  rest_.remove_prefix(8);
  return static_cast<std::int64_t>(bits);
}

// No list or text can have more elements than bytes are left.
std::size_t RecordReader::count() {
  const auto n = number();
  if (n < 0 || static_cast<std::uint64_t>(n) > rest_.size()) {
    ok_ = false;
    rest_ = {};
    return 0;
  }
  return static_cast<std::size_t>(n);
}

std::string RecordReader::text() {
  const auto size = count();
  std::string out(rest_.substr(0, size));
  rest_.remove_prefix(out.size());
  return out;
}

std::vector<std::string> RecordReader::list() {
  std::vector<std::string> out(count());
  for (auto& value : out) value = text();
  return out;
}

Tags RecordReader::tags() {
  Tags out(count());
  for (auto& [key, value] : out) {
    key = text();
    value = text();
  }
  return out;
}

}  // namespace kiln::iam
