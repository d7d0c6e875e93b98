// SPDX-License-Identifier: Apache-2.0
#include "lambda/testing/zip_builder.h"

#include "base/crypto.h"

#include <zlib.h>

namespace kiln::lambda::testing {
namespace {

constexpr std::uint16_t kTime = 10 << 11;                         // 10:00:00
constexpr std::uint16_t kDate = (2024 - 1980) << 9 | 5 << 5 | 6;  // 2024-05-06

void put16(std::string& out, std::uint32_t value) {
  out += static_cast<char>(value & 0xFF);
  out += static_cast<char>(value >> 8 & 0xFF);
}
void put32(std::string& out, std::uint32_t value) {
  put16(out, value & 0xFFFF);
  put16(out, value >> 16);
}

std::string deflate_raw(std::string_view content) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, content.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace

ZipBuilder& ZipBuilder::add(std::string_view name, std::string_view content, std::uint32_t mode) {
  append(name, content, {0, kiln::crc32(content), static_cast<std::uint32_t>(content.size())},
         mode);
  return *this;
}

ZipBuilder& ZipBuilder::add_deflated(std::string_view name, std::string_view content,
                                     std::uint32_t claimed_size) {
  append(name, deflate_raw(content), {8, kiln::crc32(content), claimed_size}, 0100644);
  return *this;
}

ZipBuilder& ZipBuilder::add_with_wrong_checksum(std::string_view name, std::string_view content) {
  const auto size = static_cast<std::uint32_t>(content.size());
  append(name, content, {0, kiln::crc32(content) + 1, size}, 0100644);
  return *this;
}

void ZipBuilder::append(std::string_view name, std::string_view data, Stored stored,
                        std::uint32_t mode) {
  std::string common;
  put16(common, 20);      // version needed
  put16(common, 0x0800);  // names are UTF-8
  put16(common, stored.method);
  put16(common, kTime);
  put16(common, kDate);
  put32(common, stored.checksum);
  put32(common, static_cast<std::uint32_t>(data.size()));
  put32(common, stored.size);
  put16(common, static_cast<std::uint32_t>(name.size()));
  put16(common, 0);  // extra field

  const auto offset = static_cast<std::uint32_t>(entries_.size());
  put32(entries_, 0x04034b50);
  entries_.append(common).append(name).append(data);

  put32(directory_, 0x02014b50);
  put16(directory_, 3 << 8 | 20);  // made on Unix
  directory_ += common;
  put16(directory_, 0);  // comment
  put16(directory_, 0);  // disk
  put16(directory_, 0);  // internal attributes
  put32(directory_, mode << 16);
  put32(directory_, offset);
  directory_.append(name);
  ++count_;
}

std::string ZipBuilder::build() const {
  std::string out = entries_ + directory_;
  put32(out, 0x06054b50);
  put16(out, 0);
  put16(out, 0);
  put16(out, count_);
  put16(out, count_);
  put32(out, static_cast<std::uint32_t>(directory_.size()));
  put32(out, static_cast<std::uint32_t>(entries_.size()));
  put16(out, 0);
  return out;
}

}  // namespace kiln::lambda::testing
