// SPDX-License-Identifier: Apache-2.0
#include "sandbox/frame_decoder.h"

#include <algorithm>

namespace kiln::sandbox {
namespace {

constexpr std::size_t kHeaderBytes = 16;

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

bool is_frame_type(std::uint64_t type) { return (type & 0xffffff00) == 0xa55a0000; }

}  // namespace

void FrameDecoder::feed(std::string_view bytes, const Sink& sink) {
  buffer_.append(bytes);
  std::size_t at = 0;
  const std::string_view all = buffer_;
  while (at < all.size()) {
    if (pending_ > 0) {
      const std::size_t take = std::min({pending_, all.size() - at, kMaxMessageBytes});
      sink(true, all.substr(at, take), time_ms_);
      pending_ -= take;
      at += take;
      continue;
    }
    if (all.size() - at < kHeaderBytes) break;
    if (!is_frame_type(big_endian(all.substr(at, 4)))) {
      // Resynchronise at the next possible frame; what lies before is plain output.
      const std::size_t next = std::min(all.find('\xa5', at + 1), all.size());
      sink(false, all.substr(at, next - at), 0);
      at = next;
      continue;
    }
    const std::size_t length = big_endian(all.substr(at + 4, 4));
    const auto time_ms = static_cast<std::int64_t>(big_endian(all.substr(at + 8, 8)) / 1000);
    if (length > kMaxMessageBytes) {
      pending_ = length;
      time_ms_ = time_ms;
      at += kHeaderBytes;
      continue;
    }
    if (all.size() - at < kHeaderBytes + length) break;
    sink(true, all.substr(at + kHeaderBytes, length), time_ms);
    at += kHeaderBytes + length;
  }
  buffer_.erase(0, at);
}

void FrameDecoder::finish(const Sink& sink) {
  if (!buffer_.empty()) {
    const bool has_header =
        buffer_.size() > kHeaderBytes && is_frame_type(big_endian(buffer_.substr(0, 4)));
    sink(has_header, std::string_view(buffer_).substr(has_header ? kHeaderBytes : 0), 0);
  }
  buffer_.clear();
  pending_ = 0;
}

}  // namespace kiln::sandbox
