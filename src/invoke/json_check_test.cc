// SPDX-License-Identifier: Apache-2.0
#include "invoke/json_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kiln::invoke {
namespace {

using ::testing::Optional;
using ::testing::StartsWith;

TEST(JsonCheck, TakesEveryKindOfValue) {
  for (const std::string_view text :
       {"{}", "[]", "null", "true", " false ", "0", "-0.5e+10", "1E9", R"("")", R"("a\u00e9\n\"")",
        "\"\xC3\xA9\xF0\x9F\x98\x80\"", R"({"a":[1,{"b":null}],"c":{}})", "[[],[[]],{}]",
        "\n{\r\"a\"\t:\n1}\n", "[1,2,3]", R"([{"a":1},{"a":2}])"}) {
    EXPECT_EQ(find_json_fault(text), std::nullopt) << text;
  }
}

TEST(JsonCheck, RefusesEverythingElse) {
  for (const std::string_view text : {"",
                                      " ",
                                      "{",
                                      "[",
                                      "[1",
                                      "[1,",
                                      "[1,]",
                                      "{,}",
                                      R"({"a"})",
                                      R"({"a":})",
                                      R"({"a":1,})",
                                      R"({"a":1 "b":2})",
                                      "[1 2]",
                                      "01",
                                      "-",
                                      "1.",
                                      ".5",
                                      "+1",
                                      "1e",
                                      "tru",
                                      "nul",
                                      "truex",
                                      "NaN",
                                      "'a'",
                                      R"("a)",
                                      R"("\x")",
                                      R"("\u12g4")",
                                      "\"\n\"",
                                      "\"\xFF\"",
                                      "\"\xC3\"",
                                      "\"\xED\xA0\x80\"",
                                      "{} x",
                                      "{}{}",
                                      "1x",
                                      "]",
                                      "}",
                                      "{]",
                                      "[}",
                                      "{1:2}",
                                      "\xEF\xBB\xBF{}"}) {
    EXPECT_NE(find_json_fault(text), std::nullopt) << text;
  }
}

TEST(JsonCheck, SpeaksLikeTheParserOfAws) {
  EXPECT_EQ(
      find_json_fault("{c}"),
      "Unexpected character ('c' (code 99)): was expecting double-quote to start field name\n"
      " at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: "
      "1, column: 2]");
  EXPECT_THAT(find_json_fault("'test'"),
              Optional(StartsWith("Unexpected character (''' (code 39)): expected a valid value "
                                  "(JSON String, Number, Array, Object or token 'null', 'true' or "
                                  "'false')\n")));
  EXPECT_THAT(find_json_fault("hello world"),
              Optional(StartsWith("Unrecognized token 'hello': was expecting (JSON String, ")));
  EXPECT_THAT(find_json_fault("------WebKitFormBoundary"),
              Optional(StartsWith("Unexpected character ('-' (code 45)) in numeric value: expected "
                                  "digit (0-9) to follow minus sign, for valid numeric value\n")));
  EXPECT_THAT(
      find_json_fault("\xC2\xB7"),
      Optional(StartsWith("Unexpected character ('\xC2\xB7' (code 183)): expected a valid")));
  EXPECT_THAT(find_json_fault("\xA7"), Optional(StartsWith("Invalid UTF-8 start byte 0xa7\n")));
}

TEST(JsonCheck, BoundsTheDepthWithoutRecursion) {
  const std::string deep = std::string(1000, '[') + std::string(1000, ']');
  EXPECT_EQ(find_json_fault(deep), std::nullopt);
  EXPECT_THAT(find_json_fault("[" + deep + "]"),
              Optional(StartsWith("Document nesting depth (1001) exceeds")));
  EXPECT_NE(find_json_fault(std::string(6 * 1024 * 1024, '[')), std::nullopt);
}

}  // namespace
}  // namespace kiln::invoke
