// SPDX-License-Identifier: Apache-2.0
#pragma once
// Checksums over streams of bytes: what S3 and its SDKs send, verify and store beside an object.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
//
// Not for secrets: only SHA-256 here resists an adversary.

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace kiln {

enum class ChecksumKind : std::uint8_t { kCrc32, kCrc32c, kCrc64Nvme, kSha1, kSha256, kMd5 };
inline constexpr std::array kChecksumKinds = {ChecksumKind::kCrc32,     ChecksumKind::kCrc32c,
                                              ChecksumKind::kCrc64Nvme, ChecksumKind::kSha1,
                                              ChecksumKind::kSha256,    ChecksumKind::kMd5};

// "crc32", "crc32c", "crc64nvme", "sha1", "sha256", "md5".
std::string_view checksum_name(ChecksumKind kind);
// By that name in any case.
std::optional<ChecksumKind> checksum_from_name(std::string_view name);
std::size_t checksum_bytes(ChecksumKind kind);

// CRC-32C (Castagnoli) and CRC-64/NVME; `seed` is the result for what came before.
std::uint32_t crc32c(std::string_view bytes, std::uint32_t seed = 0);
std::uint64_t crc64_nvme(std::string_view bytes, std::uint64_t seed = 0);

// One checksum of a stream. Not thread-safe.
class Checksum {
 public:
  explicit Checksum(ChecksumKind kind);
  ~Checksum();
  Checksum(Checksum&&) noexcept;
  Checksum& operator=(Checksum&&) noexcept;

  ChecksumKind kind() const { return kind_; }
  void update(std::string_view bytes);
  // The digest, big-endian; once.
  std::string finish();

 private:
  struct Digest;
  ChecksumKind kind_;
  std::uint64_t crc_ = 0;
  std::unique_ptr<Digest> digest_;  // hashes only
};

// True for the CRCs: those of two stretches give that of both.
bool is_crc(ChecksumKind kind);
// The checksum of A followed by B, from theirs. REQUIRES: a CRC.
std::string combine_crc(ChecksumKind kind, std::string_view a, std::string_view b,
                        std::uint64_t b_bytes);

// The checksum of `bytes` at once.
std::string checksum(ChecksumKind kind, std::string_view bytes);

}  // namespace kiln
