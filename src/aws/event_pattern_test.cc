// SPDX-License-Identifier: Apache-2.0
#include "aws/event_pattern.h"

#include <gtest/gtest.h>

#include <string>

namespace kiln::aws {
namespace {

bool match(std::string_view pattern, std::string_view event) {
  const auto compiled = EventPattern::compile(pattern);
  const auto parsed = PatternEvent::parse(event);
  EXPECT_TRUE(compiled) << pattern;
  EXPECT_TRUE(parsed) << event;
  return compiled && parsed && compiled->matches(*parsed);
}

std::string refusal(std::string_view pattern) {
  const auto compiled = EventPattern::compile(pattern);
  return compiled ? "" : compiled.error().message;
}

TEST(EventPattern, literals_compare_by_type_and_value) {
  EXPECT_TRUE(match(R"({"a":["x","y"]})", R"({"a":"y","b":1})"));
  EXPECT_FALSE(match(R"({"a":["x"]})", R"({"a":"X"})"));
  EXPECT_TRUE(match(R"({"a":[1]})", R"({"a":1.0})"));
  EXPECT_FALSE(match(R"({"a":[1]})", R"({"a":"1"})"));
  EXPECT_TRUE(match(R"({"a":[null]})", R"({"a":null})"));
  EXPECT_FALSE(match(R"({"a":[null]})", R"({})"));
  EXPECT_TRUE(match(R"({"a":[""]})", R"({"a":""})"));
  EXPECT_TRUE(match(R"({"a":[true]})", R"({"a":true})"));
}

TEST(EventPattern, all_fields_must_match_and_one_value_of_each) {
  EXPECT_TRUE(match(R"({"a":[1],"b":{"c":[2,3]}})", R"({"a":1,"b":{"c":3}})"));
  EXPECT_FALSE(match(R"({"a":[1],"b":{"c":[2,3]}})", R"({"a":1,"b":{"c":4}})"));
  EXPECT_FALSE(match(R"({"a":[1],"b":[2]})", R"({"a":1})"));
}

TEST(EventPattern, one_element_of_an_array_is_enough) {
  EXPECT_TRUE(match(R"({"a":["x"]})", R"({"a":["w","x"]})"));
  EXPECT_FALSE(match(R"({"a":["x"]})", R"({"a":[]})"));
  EXPECT_TRUE(match(R"({"a":{"b":[1],"c":[2]}})", R"({"a":[{"b":1,"c":9},{"b":1,"c":2}]})"));
  EXPECT_FALSE(match(R"({"a":{"b":[1],"c":[2]}})", R"({"a":[{"b":1,"c":9},{"b":9,"c":2}]})"));
}

TEST(EventPattern, text_operators) {
  EXPECT_TRUE(match(R"({"a":[{"prefix":"ab"}]})", R"({"a":"abc"})"));
  EXPECT_FALSE(match(R"({"a":[{"prefix":"ab"}]})", R"({"a":"Abc"})"));
  EXPECT_TRUE(match(R"({"a":[{"prefix":{"equals-ignore-case":"AB"}}]})", R"({"a":"abc"})"));
  EXPECT_TRUE(match(R"({"a":[{"suffix":".png"}]})", R"({"a":"x.png"})"));
  EXPECT_TRUE(match(R"({"a":[{"suffix":{"equals-ignore-case":".PNG"}}]})", R"({"a":"x.pNg"})"));
  EXPECT_TRUE(match(R"({"a":[{"equals-ignore-case":"Hello"}]})", R"({"a":"hELLO"})"));
  EXPECT_FALSE(match(R"({"a":[{"prefix":"1"}]})", R"({"a":1})"));
}

TEST(EventPattern, wildcards) {
  EXPECT_TRUE(match(R"({"a":[{"wildcard":"dir/*.txt"}]})", R"({"a":"dir/a.b.txt"})"));
  EXPECT_FALSE(match(R"({"a":[{"wildcard":"dir/*.txt"}]})", R"({"a":"dir/a.txt2"})"));
  EXPECT_TRUE(match(R"({"a":[{"wildcard":"*a*b*"}]})", R"({"a":"xxaxxbab"})"));
  EXPECT_FALSE(match(R"({"a":[{"wildcard":"*a*b*"}]})", R"({"a":"bbba"})"));
  EXPECT_TRUE(match(R"({"a":[{"wildcard":"1\\*2"}]})", R"({"a":"1*2"})"));
  EXPECT_FALSE(match(R"({"a":[{"wildcard":"1\\*2"}]})", R"({"a":"1x2"})"));
  EXPECT_TRUE(match(R"({"a":[{"wildcard":""}]})", R"({"a":""})"));
}

TEST(EventPattern, anything_but_needs_the_field) {
  EXPECT_TRUE(match(R"({"a":[{"anything-but":"x"}]})", R"({"a":"y"})"));
  EXPECT_FALSE(match(R"({"a":[{"anything-but":["x","y"]}]})", R"({"a":"y"})"));
  EXPECT_FALSE(match(R"({"a":[{"anything-but":"x"}]})", R"({})"));
  EXPECT_TRUE(match(R"({"a":[{"anything-but":["x"]}]})", R"({"a":["x","z"]})"));
  EXPECT_FALSE(match(R"({"a":[{"anything-but":{"prefix":"ab"}}]})", R"({"a":"abc"})"));
  EXPECT_TRUE(match(R"({"a":[{"anything-but":{"suffix":["c","d"]}}]})", R"({"a":"abe"})"));
  EXPECT_FALSE(match(R"({"a":[{"anything-but":[1,2]}]})", R"({"a":2.0})"));
}

TEST(EventPattern, numbers_lie_between_bounds) {
  const char* range = R"({"a":[{"numeric":[">",0,"<=",5]}]})";
  EXPECT_FALSE(match(range, R"({"a":0})"));
  EXPECT_TRUE(match(range, R"({"a":0.5})"));
  EXPECT_TRUE(match(range, R"({"a":5})"));
  EXPECT_FALSE(match(range, R"({"a":"3"})"));
  EXPECT_TRUE(match(R"({"a":[{"numeric":["=",3.018e2]}]})", R"({"a":301.8})"));
}

TEST(EventPattern, existence) {
  EXPECT_TRUE(match(R"({"a":[{"exists":true}]})", R"({"a":0})"));
  EXPECT_FALSE(match(R"({"a":[{"exists":true}]})", R"({"b":0})"));
  EXPECT_TRUE(match(R"({"a":[{"exists":false}]})", R"({"b":0})"));
  EXPECT_TRUE(match(R"({"a":{"b":[{"exists":false}]}})", R"({"c":0})"));
  EXPECT_TRUE(match(R"({"a":[{"exists":false},"x"]})", R"({"a":"x"})"));
}

TEST(EventPattern, networks) {
  EXPECT_TRUE(match(R"({"a":[{"cidr":"10.0.0.0/24"}]})", R"({"a":"10.0.0.255"})"));
  EXPECT_FALSE(match(R"({"a":[{"cidr":"10.0.0.0/24"}]})", R"({"a":"10.0.1.0"})"));
  EXPECT_TRUE(match(R"({"a":[{"cidr":"2001:db8::/32"}]})", R"({"a":"2001:db8:1::1"})"));
  EXPECT_FALSE(match(R"({"a":[{"cidr":"10.0.0.0/8"}]})", R"({"a":"ten"})"));
  EXPECT_TRUE(match(R"({"a":[{"cidr":"0.0.0.0/0"}]})", R"({"a":"1.2.3.4"})"));
}

TEST(EventPattern, alternatives_across_fields) {
  const char* either = R"({"k":[1],"$or":[{"a":["x"]},{"b":{"c":[{"prefix":"y"}]}}]})";
  EXPECT_TRUE(match(either, R"({"k":1,"a":"x"})"));
  EXPECT_TRUE(match(either, R"({"k":1,"b":{"c":"yes"}})"));
  EXPECT_FALSE(match(either, R"({"k":1,"b":{"c":"no"}})"));
  EXPECT_FALSE(match(either, R"({"a":"x"})"));
}

TEST(EventPattern, what_no_pattern_is_has_aws_reason) {
  EXPECT_EQ(refusal(R"({"a":[{"size":1}]})"), "Unrecognized match type size");
  EXPECT_EQ(refusal(R"({"a":[]})"), "Empty arrays are not allowed");
  EXPECT_EQ(refusal(R"({"a":"x"})"), "\"a\" must be an object or an array");
  EXPECT_EQ(refusal(R"({"a":[{"exists":1}]})"),
            "exists match pattern must be either true or false.");
  EXPECT_EQ(refusal(R"({"a":[["x"]]})"),
            "Match value must be String, number, true, false, or null");
  EXPECT_EQ(refusal(R"({"a":[{"numeric":["<","x"]}]})"), "Value of < must be numeric");
  EXPECT_EQ(refusal(R"({"a":[{"numeric":[">",5,"<",1]}]})"), "Bottom must be less than top");
  EXPECT_EQ(refusal(R"({"a":[{"numeric":["<"]}]})"), "Invalid member in numeric match: ]");
  EXPECT_EQ(refusal(R"({"a":[{"numeric":["!",1]}]})"), "Unrecognized numeric range operator: !");
  EXPECT_NE(refusal(R"({"a":[{"cidr":"10.0.0.0/33"}]})"), "");
  EXPECT_NE(refusal("{"), "");
  EXPECT_NE(refusal("[]"), "");
  EXPECT_NE(refusal("{}"), "");
  EXPECT_NE(refusal(std::string(200, '[')), "");
}

TEST(EventPattern, size_is_told_for_the_limits_of_services) {
  const auto pattern =
      EventPattern::compile(R"({"a":[1,2],"b":{"c":[1,2,3]},"$or":[{"d":[1]},{"e":[1,2]}]})");
  ASSERT_TRUE(pattern);
  EXPECT_EQ(pattern->keys(), 5u);
  EXPECT_EQ(pattern->combinations(), 2u * 3u * 3u);
  EXPECT_TRUE(pattern->nested());
}

TEST(EventPattern, a_body_is_looked_into_when_it_is_json) {
  const auto pattern = EventPattern::compile(R"({"body":{"n":[{"numeric":[">",1]}]}})");
  const auto json = PatternEvent::parse(R"({"body":"{\"n\":2}"})");
  const auto text = PatternEvent::parse(R"({"body":"hello"})");
  EXPECT_FALSE(pattern->matches(*json));
  EXPECT_TRUE(pattern->matches(json->with_json_field("body")));
  EXPECT_FALSE(pattern->matches(text->with_json_field("body")));
  const auto plain = EventPattern::compile(R"({"body":["hello"]})");
  EXPECT_TRUE(plain->matches(text->with_json_field("body")));
}

}  // namespace
}  // namespace kiln::aws
