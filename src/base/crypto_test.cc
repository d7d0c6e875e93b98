// SPDX-License-Identifier: Apache-2.0
#include "base/crypto.h"

#include "base/encoding.h"

#include <gtest/gtest.h>

namespace kiln {
namespace {

TEST(Crypto, Sha256OfKnownMessages) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Crypto, StreamGivesTheSameHash) {
  Sha256Stream stream;
  stream.update("a");
  stream.update("");
  stream.update("bc");
  EXPECT_EQ(stream.finish(), sha256("abc"));
}

// RFC 4231, cases 2 and 6.
TEST(Crypto, HmacOfKnownMessages) {
  EXPECT_EQ(hex_encode(as_view(hmac_sha256("Jefe", "what do ya want for nothing?"))),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(
      hex_encode(as_view(hmac_sha256(std::string(131, '\xaa'),
                                     "Test Using Larger Than Block-Size Key - Hash Key First"))),
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Crypto, Crc32ContinuesFromASeed) {
  EXPECT_EQ(crc32("123456789"), 0xCBF43926u);
  EXPECT_EQ(crc32("56789", crc32("1234")), 0xCBF43926u);
}

TEST(Crypto, ComparesWholeStrings) {
  EXPECT_TRUE(constant_time_equal("", ""));
  EXPECT_TRUE(constant_time_equal("abc", "abc"));
  EXPECT_FALSE(constant_time_equal("abc", "abd"));
  EXPECT_FALSE(constant_time_equal("abc", "ab"));
}

TEST(Crypto, SealedBoxOpensOnlyWithItsKeyAndUnchanged) {
  const std::string key(32, 'k');
  const std::string nonce(12, 'n');
  for (const std::string& plain : {std::string(), std::string("secret")}) {
    std::string box = seal(key, nonce, plain);
    EXPECT_EQ(*open_sealed(key, box), plain);
    EXPECT_FALSE(open_sealed(std::string(32, 'x'), box));
    box.back() ^= 1;
    EXPECT_FALSE(open_sealed(key, box));
  }
  EXPECT_FALSE(open_sealed(key, "short"));
}

}  // namespace
}  // namespace kiln
