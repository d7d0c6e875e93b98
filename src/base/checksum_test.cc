// SPDX-License-Identifier: Apache-2.0
#include "base/checksum.h"

#include "base/encoding.h"

#include <gtest/gtest.h>

namespace kiln {
namespace {

std::string hex(ChecksumKind kind, std::string_view bytes) {
  return hex_encode(checksum(kind, bytes));
}

// The check values of the catalogue of CRC algorithms, and of the hashes' own papers.
TEST(Checksum, known_answers) {
  constexpr std::string_view kCheck = "123456789";
  EXPECT_EQ(hex(ChecksumKind::kCrc32, kCheck), "cbf43926");
  EXPECT_EQ(hex(ChecksumKind::kCrc32c, kCheck), "e3069283");
  EXPECT_EQ(hex(ChecksumKind::kCrc64Nvme, kCheck), "ae8b14860a799888");
  EXPECT_EQ(hex(ChecksumKind::kSha1, "abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(hex(ChecksumKind::kSha256, "abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex(ChecksumKind::kMd5, "abc"), "900150983cd24fb0d6963f7d28e17f72");
}

TEST(Checksum, of_nothing) {
  EXPECT_EQ(hex(ChecksumKind::kCrc32, ""), "00000000");
  EXPECT_EQ(hex(ChecksumKind::kCrc32c, ""), "00000000");
  EXPECT_EQ(hex(ChecksumKind::kCrc64Nvme, ""), "0000000000000000");
  EXPECT_EQ(base64_encode(checksum(ChecksumKind::kMd5, "")), "1B2M2Y8AsgTpgAmY7PhCfg==");
}

TEST(Checksum, pieces_of_any_size_give_what_the_whole_gives) {
  std::string whole;
  for (int i = 0; i < 1000; ++i) whole += static_cast<char>(i * 7);
  for (const ChecksumKind kind : kChecksumKinds) {
    SCOPED_TRACE(checksum_name(kind));
    const std::string expected = checksum(kind, whole);
    EXPECT_EQ(expected.size(), checksum_bytes(kind));
    for (const std::size_t step : {1u, 3u, 8u, 13u, 999u}) {
      Checksum stream(kind);
      for (std::size_t at = 0; at < whole.size(); at += step) {
        stream.update(std::string_view(whole).substr(at, step));
      }
      EXPECT_EQ(stream.finish(), expected) << step;
    }
  }
}

TEST(Checksum, names_go_both_ways_in_any_case) {
  for (const ChecksumKind kind : kChecksumKinds) {
    EXPECT_EQ(checksum_from_name(checksum_name(kind)), kind);
  }
  EXPECT_EQ(checksum_from_name("CRC64NVME"), ChecksumKind::kCrc64Nvme);
  EXPECT_EQ(checksum_from_name("SHA512"), std::nullopt);
}

TEST(Checksum, CrcsOfTwoStretchesGiveThatOfBoth) {
  const std::string a(100'003, 'a');
  for (const ChecksumKind kind : kChecksumKinds) {
    if (!is_crc(kind)) continue;
    for (const std::string& b : {std::string(), std::string("b"), std::string(70'001, 'c')}) {
      EXPECT_EQ(combine_crc(kind, checksum(kind, a), checksum(kind, b), b.size()),
                checksum(kind, a + b))
          << checksum_name(kind);
    }
  }
}

}  // namespace
}  // namespace kiln
