// SPDX-License-Identifier: Apache-2.0
#include "base/random.h"

#include "base/encoding.h"
#include "base/result.h"

#include <cerrno>
#include <cstring>
#include <string_view>
#include <sys/random.h>

namespace kiln {
namespace {

void fill_from_kernel(void* out, std::size_t size) {
  auto* at = static_cast<unsigned char*>(out);
  while (size > 0) {
    const ssize_t got = ::getrandom(at, size, 0);
    if (got < 0 && errno == EINTR) continue;
    KILN_CHECK(got > 0);
    at += got;
    size -= static_cast<std::size_t>(got);
  }
}

}  // namespace

std::string Random::bytes(std::size_t size) {
  std::string out(size, '\0');
  fill(out.data(), size);
  return out;
}

std::uint64_t Random::next_u64() {
  std::uint64_t value = 0;
  fill(&value, sizeof value);
  return value;
}

std::string Random::uuid() {
  unsigned char raw[16];
  fill(raw, sizeof raw);
  raw[6] = static_cast<unsigned char>((raw[6] & 0x0F) | 0x40);
  raw[8] = static_cast<unsigned char>((raw[8] & 0x3F) | 0x80);
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out(36, '-');
  std::size_t at = 0;
  for (std::size_t i = 0; i < sizeof raw; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) ++at;
    out[at++] = kDigits[raw[i] >> 4];
    out[at++] = kDigits[raw[i] & 15];
  }
  return out;
}

std::string Random::text(std::size_t length, std::string_view alphabet) {
  KILN_CHECK(!alphabet.empty() && alphabet.size() <= 256);
  // Bytes past the last whole multiple of the alphabet would favour its first characters.
  const std::size_t usable = 256 / alphabet.size() * alphabet.size();
  std::string out;
  out.reserve(length);
  while (out.size() < length) {
    unsigned char raw[64];
    fill(raw, sizeof raw);
    for (std::size_t i = 0; i < sizeof raw && out.size() < length; ++i) {
      if (raw[i] < usable) out += alphabet[raw[i] % alphabet.size()];
    }
  }
  return out;
}

void SystemRandom::fill(void* out, std::size_t size) {
  if (size > sizeof buffer_ / 4) return fill_from_kernel(out, size);
  const std::lock_guard lock(mutex_);
  if (sizeof buffer_ - used_ < size) {
    fill_from_kernel(buffer_, sizeof buffer_);
    used_ = 0;
  }
  std::memcpy(out, buffer_ + used_, size);
  // What was handed out may be a key: it does not stay behind in memory.
  std::memset(buffer_ + used_, 0, size);
  used_ += size;
}

void SeededRandom::fill(void* out, std::size_t size) {
  const std::lock_guard lock(mutex_);
  auto* at = static_cast<unsigned char*>(out);
  while (size > 0) {
    // SplitMix64.
    state_ += 0x9E3779B97F4A7C15u;
    std::uint64_t value = state_;
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9u;
    value = (value ^ (value >> 27)) * 0x94D049BB133111EBu;
    value ^= value >> 31;
    const std::size_t take = size < sizeof value ? size : sizeof value;
    std::memcpy(at, &value, take);
    at += take;
    size -= take;
  }
}

}  // namespace kiln
