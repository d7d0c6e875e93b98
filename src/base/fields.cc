// SPDX-License-Identifier: Apache-2.0
#include "base/fields.h"

namespace kiln {

FieldWriter& FieldWriter::number(std::int64_t value) {
  for (int shift = 0; shift < 64; shift += 8) {
    out_.push_back(static_cast<char>(static_cast<std::uint64_t>(value) >> shift));
  }
  return *this;
}

FieldWriter& FieldWriter::text(std::string_view value) {
  number(static_cast<std::int64_t>(value.size()));
  out_.append(value);
  return *this;
}

FieldReader::FieldReader(std::string_view bytes, char format) : rest_(bytes) {
  ok_ = !rest_.empty() && rest_.front() == format;
  if (ok_) rest_.remove_prefix(1);
}

std::string_view FieldReader::take(std::size_t size) {
  if (!ok_ || rest_.size() < size) {
    ok_ = false;
    return {};
  }
  const std::string_view out = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return out;
}

std::int64_t FieldReader::number() {
  std::uint64_t out = 0;
  const std::string_view bytes = take(8);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    out |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  }
  return static_cast<std::int64_t>(out);
}

std::string FieldReader::text() {
  const auto size = static_cast<std::size_t>(number());
  return std::string(take(size));
}

Status FieldReader::status() const {
  if (ok_) return {};
  return fail(ErrorCode::kInternal,
              "a stored record has an unknown format; was it written by a newer kiln?");
}

}  // namespace kiln
