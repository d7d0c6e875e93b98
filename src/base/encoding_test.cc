// SPDX-License-Identifier: Apache-2.0
#include "base/encoding.h"

#include <gtest/gtest.h>

namespace kiln {
namespace {

TEST(Encoding, HexGoesBothWays) {
  EXPECT_EQ(hex_encode(std::string_view("\x00\xffz", 3)), "00ff7a");
  EXPECT_EQ(*hex_decode("00fF7A"), std::string("\x00\xffz", 3));
  EXPECT_FALSE(hex_decode("0"));
  EXPECT_FALSE(hex_decode("0g"));
}

TEST(Encoding, Base64FollowsRfc4648) {
  const std::pair<const char*, const char*> cases[] = {{"", ""},
                                                       {"f", "Zg=="},
                                                       {"fo", "Zm8="},
                                                       {"foo", "Zm9v"},
                                                       {"foob", "Zm9vYg=="},
                                                       {"fooba", "Zm9vYmE="},
                                                       {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, text] : cases) {
    EXPECT_EQ(base64_encode(plain), text);
    EXPECT_EQ(*base64_decode(text), plain);
  }
  EXPECT_EQ(*base64_decode("Zm8"), "fo");
}

TEST(Encoding, Base64RefusesOtherText) {
  for (const char* text : {"Z", "Zg=", "Zm9v=", "Zm9v====", "Zm 9v", "Zm9v\n", "Zm-_", "=Zg="})
    EXPECT_FALSE(base64_decode(text)) << text;
}

TEST(Encoding, PercentEncodesAllButUnreserved) {
  EXPECT_EQ(percent_encode("a/b c~_-.é"), "a%2Fb%20c~_-.%C3%A9");
  EXPECT_EQ(percent_encode("a/b", true), "a/b");
  EXPECT_EQ(*percent_decode("a%2fb+c"), "a/b+c");
  EXPECT_EQ(*percent_decode("a%2fb+c", true), "a/b c");
  EXPECT_FALSE(percent_decode("%"));
  EXPECT_FALSE(percent_decode("%2"));
  EXPECT_FALSE(percent_decode("%2x"));
}

TEST(Encoding, JsonStringsAreEscapedAndRepaired) {
  std::string out;
  append_json_string(out, std::string_view("a\"\\\n\x01\0é", 8));
  EXPECT_EQ(out, "\"a\\\"\\\\\\n\\u0001\\u0000é\"");
  out.clear();
  append_json_string(out, "x\xFFy\xC3");
  EXPECT_EQ(out, "\"x\xEF\xBF\xBDy\xEF\xBF\xBD\"");
}

TEST(Encoding, Utf8RefusesOverlongAndSurrogates) {
  EXPECT_TRUE(is_valid_utf8("aé€😀"));
  EXPECT_FALSE(is_valid_utf8("\xC0\x80"));
  EXPECT_FALSE(is_valid_utf8("\xED\xA0\x80"));
  EXPECT_FALSE(is_valid_utf8("\xF4\x90\x80\x80"));
  EXPECT_FALSE(is_valid_utf8("\xE2\x82"));
  EXPECT_EQ(utf8_length("aé€😀"), 4u);
}

}  // namespace
}  // namespace kiln
