// SPDX-License-Identifier: Apache-2.0
#include "services/logs/model/filter_pattern.h"

#include <gtest/gtest.h>

namespace kiln::logs {
namespace {

bool matches(std::string_view pattern, std::string_view message) {
  const auto parsed = FilterPattern::parse(pattern);
  EXPECT_TRUE(parsed) << pattern;
  return parsed && parsed->matches(message);
}
bool valid(std::string_view pattern) { return FilterPattern::parse(pattern).has_value(); }

constexpr std::string_view kAccess =
    "127.0.0.1 Prod frank [10/Oct/2000:13:25:15 -0700] \"GET /index.html HTTP/1.0\" 404 1534";
constexpr std::string_view kJson =
    R"({"eventType":"UpdateTrail","sourceIPAddress":"111.111.111.111",
  "arrayKey":["value","another value"],"objectList":[{"name":"a","id":1},{"name":"b","id":2}],
  "SomeObject":null,"cluster.name":"c","ok":true,"bad":false,"n":3.5,"user":{"id":1,
  "email":"John.Stiles@example.com"}})";

TEST(FilterPattern, EmptySelectsEverything) {
  EXPECT_TRUE(matches("", "anything"));
  EXPECT_TRUE(matches("  ", ""));
  EXPECT_TRUE(matches("\" \"", "a b"));
}

TEST(FilterPattern, TermsMustAllBePresentAndCaseCounts) {
  EXPECT_TRUE(matches("ERROR", "[ERROR 400] BAD REQUEST"));
  EXPECT_FALSE(matches("ERROR", "error"));
  EXPECT_TRUE(matches("ERROR REQUEST", "[ERROR 400] BAD REQUEST"));
  EXPECT_FALSE(matches("ERROR ARGUMENTS", "[ERROR 400] BAD REQUEST"));
  EXPECT_TRUE(matches("\"BAD REQUEST\"", "[ERROR 400] BAD REQUEST"));
  EXPECT_FALSE(matches("\"REQUEST BAD\"", "[ERROR 400] BAD REQUEST"));
  EXPECT_TRUE(matches(R"("say \"hi\"")", R"(they say "hi")"));
}

TEST(FilterPattern, OptionalTermsAndExclusions) {
  EXPECT_TRUE(matches("?ERROR ?WARN", "WARN: disk"));
  EXPECT_FALSE(matches("?ERROR ?WARN", "INFO"));
  EXPECT_TRUE(matches("-INFO", "WARN: disk"));
  EXPECT_FALSE(matches("disk -WARN", "WARN: disk"));
  EXPECT_TRUE(matches("?ERROR disk", "WARN: disk")) << "AWS ignores ? beside other terms";
}

TEST(FilterPattern, RegularExpressions) {
  EXPECT_TRUE(matches("%AUTHORIZED%", "[ERROR 401] UNAUTHORIZED REQUEST"));
  EXPECT_TRUE(matches("%[Ee]rror|[Ff]ail%", "a Fail here"));
  EXPECT_TRUE(matches(R"(%\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}%)", "from 10.0.200.1 ok"));
  EXPECT_FALSE(matches(R"(%^\d{1,3}\.\d+$%)", "1.2.3"));
  EXPECT_TRUE(matches("%^[hc]at%", "hat"));
  EXPECT_FALSE(matches("%^[hc]at%", "what"));
  EXPECT_TRUE(matches("%[hc]at$%", "what a cat"));
  EXPECT_TRUE(matches("%colou?r%", "color"));
  EXPECT_TRUE(matches("%a{3,5}%", "baaab"));
  EXPECT_FALSE(matches("%a{3,5}%", "baab"));
  EXPECT_TRUE(matches("%a{2,}b%", "caaaab"));
  EXPECT_TRUE(matches("%^ab*c+$%", "acc"));
  EXPECT_FALSE(matches("%^[^a-c]+$%", "xyzb"));
  EXPECT_TRUE(matches(R"(%\x41\s\w\W%)", "A b!"));
  EXPECT_FALSE(valid("%something!%"));
  EXPECT_FALSE(valid("%(ab)%"));
  EXPECT_FALSE(valid("%*a%"));
  EXPECT_FALSE(valid("%a{5,3}%"));
  EXPECT_FALSE(valid("%[a%"));
  EXPECT_FALSE(valid("%%"));
  EXPECT_FALSE(valid("%a"));
  EXPECT_FALSE(valid("%a% %b% %c%"));
  EXPECT_FALSE(valid("%a{200}b{200}%"));
}

TEST(FilterPattern, RegularExpressionsAreLinear) {
  const std::string text(200'000, 'a');
  EXPECT_FALSE(matches("%a*a*a*a*a*a*a*a*a*a*a*a*b%", text));
}

TEST(FilterPattern, SpaceDelimitedFields) {
  EXPECT_TRUE(matches("[ip, user, username, timestamp, request, status_code, bytes]", kAccess));
  EXPECT_TRUE(matches("[ip, user, username, timestamp, request =*html*, status_code = 4*, bytes]",
                      kAccess));
  EXPECT_FALSE(
      matches("[ip, user, username, timestamp, request, status_code = 5*, bytes]", kAccess));
  EXPECT_TRUE(matches("[..., status_code > 400 && status_code < 500, bytes >= 1534]", kAccess));
  EXPECT_TRUE(matches("[ip=%127\\.0\\.0\\.[1-9]%, ...]", kAccess));
  EXPECT_TRUE(
      matches("[ip, ..., request = \"GET /index.html*\", (s = 404 || s = 410), bytes]", kAccess));
  EXPECT_TRUE(matches("[w1=ERROR, w2]", "ERROR 401 UNAUTHORIZED REQUEST"));
  EXPECT_FALSE(matches("[w1!=ERROR&&w1!=WARN, w2]", "WARN 401 x"));
  EXPECT_TRUE(matches("[w1!=ERROR&&w1!=WARN, w2]", "INFO 200 x"));
  EXPECT_TRUE(
      matches("[timestamp=*Z, request_id=\"*-*\", event]", "2026-01-01T00:00:00Z a-b one two"));
  EXPECT_FALSE(matches("[a, b, c]", "one two"));
}

TEST(FilterPattern, JsonComparisons) {
  EXPECT_TRUE(matches("{ $.eventType = \"UpdateTrail\" }", kJson));
  EXPECT_TRUE(matches("{ $.eventType = Update* }", kJson));
  EXPECT_TRUE(matches("{ $.eventType = %Trail% }", kJson));
  EXPECT_FALSE(matches("{ $.sourceIPAddress != 111.111.* }", kJson));
  EXPECT_TRUE(matches("{ $.sourceIPAddress != 123.123.* }", kJson));
  EXPECT_TRUE(matches("{ $.arrayKey[0] = \"value\" }", kJson));
  EXPECT_TRUE(matches("{ $.arrayKey[*] = \"another*\" }", kJson));
  EXPECT_FALSE(matches("{ $.arrayKey[2] = * }", kJson));
  EXPECT_TRUE(matches("{ $.objectList[1].id = 2 }", kJson));
  EXPECT_TRUE(matches("{ $.n > 3 && $.n <= 3.5e0 }", kJson));
  EXPECT_FALSE(matches("{ $.missing != 1 }", kJson));
  EXPECT_TRUE(matches("{ $.['cluster.name'] = \"c\" }", kJson));
  EXPECT_TRUE(matches("{ $.user.email = * }", kJson));
}

TEST(FilterPattern, JsonTestsAndLogic) {
  EXPECT_TRUE(matches("{ $.SomeObject IS NULL }", kJson));
  EXPECT_FALSE(matches("{ $.eventType IS NULL }", kJson));
  EXPECT_TRUE(matches("{ $.SomeOtherObject NOT EXISTS }", kJson));
  EXPECT_TRUE(matches("{ $.user.id EXISTS }", kJson));
  EXPECT_TRUE(matches("{ $.ok IS TRUE && $.bad IS FALSE }", kJson));
  EXPECT_TRUE(matches("{ ($.user.id = 1) && ($.objectList[0].name = \"a\") }", kJson));
  EXPECT_TRUE(matches("{ ($.n = 1 || $.ok is true) && $.user.id = 1 }", kJson));
  EXPECT_TRUE(matches("{ $.n = 3.5 || $.n = 1 && $.n = 2 }", kJson)) << "AND binds tighter";
  EXPECT_FALSE(matches("{ $.n = 1 }", "not JSON"));
  EXPECT_FALSE(matches("{ $.n = 1 }", "{\"n\":1} tail"));
  EXPECT_TRUE(matches("{ $.n = 1 }", "{\"n\":1}\n"));
}

TEST(FilterPattern, MalformedPatternsAreRefused) {
  for (const char* pattern :
       {"{", "{ }", "{ $.a }", "{ $.a = }", "{ a = 1 }", "{ $.a = 1 && }", "{ $.a IS MAYBE }",
        "{ ($.a = 1 }", "{ $.a > \"x\" }", "{ $ = 1 }", "[", "[]", "[a,]", "[a = ]",
        "[..., b, ...]", "[a] b", "\"open", "-", "?"}) {
    const auto parsed = FilterPattern::parse(pattern);
    ASSERT_FALSE(parsed) << pattern;
    EXPECT_EQ(parsed.error(), "Invalid filter pattern") << pattern;
  }
  EXPECT_EQ(FilterPattern::parse("RequestId: 1").error(),
            "Invalid character(s) in term 'RequestId:'");
}

}  // namespace
}  // namespace kiln::logs
