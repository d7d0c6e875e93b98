// SPDX-License-Identifier: Apache-2.0
#pragma once
// Hashes and authenticated encryption, over OpenSSL. The only OpenSSL user beside http/tls.

#include "base/result.h"

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace kiln {

using Sha256Digest = std::array<unsigned char, 32>;

Sha256Digest sha256(std::string_view bytes);
std::string sha256_hex(std::string_view bytes);
Sha256Digest hmac_sha256(std::string_view key, std::string_view bytes);
inline std::string_view as_view(const Sha256Digest& d) {
  return {reinterpret_cast<const char*>(d.data()), d.size()};
}
std::uint32_t crc32(std::string_view bytes, std::uint32_t seed = 0);
// Equal in constant time; false when the lengths differ.
bool constant_time_equal(std::string_view a, std::string_view b);

// SHA-256 over a stream of chunks.
class Sha256Stream {
 public:
  Sha256Stream();
  ~Sha256Stream();
  Sha256Stream(Sha256Stream&&) noexcept;
  Sha256Stream& operator=(Sha256Stream&&) noexcept;
  void update(std::string_view bytes);
  Sha256Digest finish();  // once

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// AES-256-GCM with a random 12-byte nonce in front. `key` is 32 bytes; `nonce` is 12 bytes from
// Random, never repeated for one key. Output: nonce || ciphertext || tag.
std::string seal(std::string_view key, std::string_view nonce, std::string_view plaintext);
// Error: kInvalidArgument when the box was not made with this key or was changed.
Result<std::string> open_sealed(std::string_view key, std::string_view box);

}  // namespace kiln
