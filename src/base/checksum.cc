// SPDX-License-Identifier: Apache-2.0
#include "base/checksum.h"

#include "base/crypto.h"
#include "base/result.h"

#include <openssl/evp.h>

#include <bit>
#include <cstring>
#include <utility>
#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace kiln {
namespace {

// Reflected CRC by eight tables: eight bytes a step.
template <class Word, Word kPolynomial>
struct SlicedCrc {
  std::array<std::array<Word, 256>, 8> table{};

  constexpr SlicedCrc() {
    for (std::size_t i = 0; i < 256; ++i) {
      Word crc = static_cast<Word>(i);
      for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? kPolynomial : 0);
      table[0][i] = crc;
    }
    for (std::size_t t = 1; t < 8; ++t) {
      for (std::size_t i = 0; i < 256; ++i) {
        const Word previous = table[t - 1][i];
        table[t][i] = (previous >> 8) ^ table[0][previous & 0xff];
      }
    }
  }

  Word update(Word crc, std::string_view bytes) const {
    while (bytes.size() >= 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, bytes.data(), 8);
      if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
      word ^= crc;
      Word next = 0;
      for (std::size_t i = 0; i < 8; ++i) next ^= table[7 - i][(word >> (8 * i)) & 0xff];
      crc = next;
      bytes.remove_prefix(8);
    }
    for (const char c : bytes) {
      crc = (crc >> 8) ^ table[0][(crc ^ static_cast<unsigned char>(c)) & 0xff];
    }
    return crc;
  }
};

constexpr SlicedCrc<std::uint32_t, 0x82f63b78u> kCrc32cTables;
constexpr SlicedCrc<std::uint64_t, 0x9a6c9329ac4bc9b5ull> kCrc64Tables;

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t crc32c_sse42(std::uint32_t crc,
                                                             std::string_view bytes) {
  std::uint64_t wide = crc;
  while (bytes.size() >= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), 8);
    wide = _mm_crc32_u64(wide, word);
    bytes.remove_prefix(8);
  }
  auto narrow = static_cast<std::uint32_t>(wide);
  for (const char c : bytes) narrow = _mm_crc32_u8(narrow, static_cast<unsigned char>(c));
  return narrow;
}
#endif

struct Kind {
  std::string_view name;
  std::size_t bytes;
};
// By ChecksumKind.
constexpr std::array<Kind, 6> kKinds = {
    {{"crc32", 4}, {"crc32c", 4}, {"crc64nvme", 8}, {"sha1", 20}, {"sha256", 32}, {"md5", 16}}};

const EVP_MD* method_of(ChecksumKind kind) {
  static EVP_MD* const sha1 = EVP_MD_fetch(nullptr, "SHA1", nullptr);
  static EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  // MD5 only tells damaged bytes, also where a FIPS policy refuses it for signatures.
  static EVP_MD* const md5 = EVP_MD_fetch(nullptr, "MD5", "-fips");
  if (kind == ChecksumKind::kSha1) return sha1;
  if (kind == ChecksumKind::kSha256) return sha256;
  return md5;
}

std::string big_endian(std::uint64_t value, std::size_t bytes) {
  std::string out(bytes, '\0');
  for (std::size_t i = 0; i < bytes; ++i) {
    out[bytes - 1 - i] = static_cast<char>(value >> (8 * i) & 0xff);
  }
  return out;
}

bool same_letters(std::string_view a, std::string_view lower) {
  if (a.size() != lower.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const char c = a[i] >= 'A' && a[i] <= 'Z' ? static_cast<char>(a[i] - 'A' + 'a') : a[i];
    if (c != lower[i]) return false;
  }
  return true;
}

}  // namespace

std::string_view checksum_name(ChecksumKind kind) {
  return kKinds[static_cast<std::size_t>(kind)].name;
}

std::size_t checksum_bytes(ChecksumKind kind) {
  return kKinds[static_cast<std::size_t>(kind)].bytes;
}

std::optional<ChecksumKind> checksum_from_name(std::string_view name) {
  for (const ChecksumKind kind : kChecksumKinds) {
    if (same_letters(name, checksum_name(kind))) return kind;
  }
  return std::nullopt;
}

std::uint32_t crc32c(std::string_view bytes, std::uint32_t seed) {
#if defined(__x86_64__)
  static const bool fast = __builtin_cpu_supports("sse4.2") != 0;
  if (fast) return ~crc32c_sse42(~seed, bytes);
#endif
  return ~kCrc32cTables.update(~seed, bytes);
}

std::uint64_t crc64_nvme(std::string_view bytes, std::uint64_t seed) {
  return ~kCrc64Tables.update(~seed, bytes);
}

struct Checksum::Digest {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ~Digest() { EVP_MD_CTX_free(context); }
};

Checksum::Checksum(ChecksumKind kind) : kind_(kind) {
  if (kind == ChecksumKind::kCrc32 || kind == ChecksumKind::kCrc32c ||
      kind == ChecksumKind::kCrc64Nvme) {
    return;
  }
  digest_ = std::make_unique<Digest>();
  KILN_CHECK(EVP_DigestInit_ex2(digest_->context, method_of(kind), nullptr) == 1);
}
Checksum::~Checksum() = default;
Checksum::Checksum(Checksum&&) noexcept = default;
Checksum& Checksum::operator=(Checksum&&) noexcept = default;

void Checksum::update(std::string_view bytes) {
  switch (kind_) {
    case ChecksumKind::kCrc32:
      crc_ = crc32(bytes, static_cast<std::uint32_t>(crc_));
      return;
    case ChecksumKind::kCrc32c:
      crc_ = crc32c(bytes, static_cast<std::uint32_t>(crc_));
      return;
    case ChecksumKind::kCrc64Nvme:
      crc_ = crc64_nvme(bytes, crc_);
      return;
    default:
      EVP_DigestUpdate(digest_->context, bytes.data(), bytes.size());
  }
}

std::string Checksum::finish() {
  const std::size_t size = checksum_bytes(kind_);
  if (!digest_) return big_endian(crc_, size);
  std::string out(EVP_MAX_MD_SIZE, '\0');
  KILN_CHECK(EVP_DigestFinal_ex(digest_->context, reinterpret_cast<unsigned char*>(out.data()),
                                nullptr) == 1);
  out.resize(size);
  return out;
}

std::string checksum(ChecksumKind kind, std::string_view bytes) {
  Checksum stream(kind);
  stream.update(bytes);
  return stream.finish();
}

bool is_crc(ChecksumKind kind) {
  return kind == ChecksumKind::kCrc32 || kind == ChecksumKind::kCrc32c ||
         kind == ChecksumKind::kCrc64Nvme;
}

namespace {

// A linear map of CRC registers: the image of each bit.
using BitMatrix = std::array<std::uint64_t, 64>;

std::uint64_t image_of(const BitMatrix& matrix, std::uint64_t bits) {
  std::uint64_t out = 0;
  for (std::size_t i = 0; bits != 0; ++i, bits >>= 1) out ^= (bits & 1) != 0 ? matrix[i] : 0;
  return out;
}

BitMatrix squared(const BitMatrix& matrix) {
  BitMatrix out;
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = image_of(matrix, matrix[i]);
  return out;
}

std::uint64_t polynomial_of(ChecksumKind kind) {
  if (kind == ChecksumKind::kCrc32) return 0xedb88320u;
  return kind == ChecksumKind::kCrc32c ? 0x82f63b78u : 0x9a6c9329ac4bc9b5ull;
}

}  // namespace

// The register of A runs over as many zero bytes as B has, which is a linear map; by squaring, in
// as many steps as the length has bits.
std::string combine_crc(ChecksumKind kind, std::string_view a, std::string_view b,
                        std::uint64_t b_bytes) {
  std::uint64_t crc = 0;
  for (const char c : a) crc = crc << 8 | static_cast<unsigned char>(c);
  BitMatrix step;  // one zero bit
  step[0] = polynomial_of(kind);
  for (std::size_t i = 1; i < step.size(); ++i) step[i] = std::uint64_t{1} << (i - 1);
  for (int bits = 1; bits < 8; bits *= 2) step = squared(step);
  for (; b_bytes != 0; b_bytes >>= 1) {
    if ((b_bytes & 1) != 0) crc = image_of(step, crc);
    step = squared(step);
  }
  std::string out(b);
  for (std::size_t i = out.size(); i-- > 0; crc >>= 8)
    out[i] = static_cast<char>(static_cast<unsigned char>(out[i]) ^ (crc & 0xff));
  return out;
}

}  // namespace kiln
