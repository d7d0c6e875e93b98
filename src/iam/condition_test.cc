// SPDX-License-Identifier: Apache-2.0
#include "iam/policy.h"

#include <gtest/gtest.h>

#include <map>

namespace kiln::iam {
namespace {

using Keys = std::map<std::string, std::vector<std::string>, std::less<>>;

class MapKeys final : public ConditionKeys {
 public:
  explicit MapKeys(Keys keys) : keys_(std::move(keys)) {}
  std::optional<std::vector<std::string>> find(std::string_view key) const override {
    const auto found = keys_.find(key);
    if (found == keys_.end()) return std::nullopt;
    return found->second;
  }

 private:
  Keys keys_;
};

// Whether `condition`, the JSON of a Condition element, holds for `keys`.
bool holds_for(std::string_view condition, Keys keys) {
  const auto policy = compile_policy(
      R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*",)"
      R"("Condition":)" +
      std::string(condition) + "}}");
  EXPECT_TRUE(policy) << condition;
  if (!policy) return false;
  const MapKeys map(std::move(keys));
  bool all = true;
  for (const auto& c : policy->statements[0].conditions) all = all && holds(c, map);
  return all;
}

struct Case {
  const char* condition;
  Keys keys;
  bool expected;
};
void check(const std::vector<Case>& cases) {
  for (const auto& c : cases) EXPECT_EQ(holds_for(c.condition, c.keys), c.expected) << c.condition;
}

TEST(Condition, strings) {
  check({
      {R"({"StringEquals":{"k":"a"}})", {{"k", {"a"}}}, true},
      {R"({"StringEquals":{"K":["b","a"]}})", {{"k", {"a"}}}, true},
      {R"({"StringEquals":{"k":"A"}})", {{"k", {"a"}}}, false},
      {R"({"StringEquals":{"k":"a*"}})", {{"k", {"ab"}}}, false},
      {R"({"StringEquals":{"k":"a"}})", {}, false},
      {R"({"StringNotEquals":{"k":["a","b"]}})", {{"k", {"c"}}}, true},
      {R"({"StringNotEquals":{"k":["a","b"]}})", {{"k", {"b"}}}, false},
      {R"({"StringNotEquals":{"k":"a"}})", {}, true},
      {R"({"StringNotEquals":{"k":"a"}})", {{"k", {"b", "a"}}}, false},
      {R"({"StringEqualsIgnoreCase":{"k":"A"}})", {{"k", {"a"}}}, true},
      {R"({"StringNotEqualsIgnoreCase":{"k":"A"}})", {{"k", {"a"}}}, false},
      {R"({"StringLike":{"k":"a*c?"}})", {{"k", {"abbcd"}}}, true},
      {R"({"StringLike":{"k":"a*c?"}})", {{"k", {"abbc"}}}, false},
      {R"({"StringNotLike":{"k":"a*"}})", {{"k", {"abc"}}}, false},
      {R"({"StringLike":{"k":"a*"},"StringEquals":{"j":"1"}})", {{"k", {"a"}}}, false},
      {R"({"StringEquals":{"k":"a","j":"1"}})", {{"k", {"a"}}, {"j", {"1"}}}, true},
  });
}

TEST(Condition, numbers) {
  check({
      {R"({"NumericEquals":{"k":"10"}})", {{"k", {"10.0"}}}, true},
      {R"({"NumericEquals":{"k":10}})", {{"k", {"10"}}}, true},
      {R"({"NumericNotEquals":{"k":"10"}})", {{"k", {"11"}}}, true},
      {R"({"NumericLessThan":{"k":"10"}})", {{"k", {"9"}}}, true},
      {R"({"NumericLessThan":{"k":"10"}})", {{"k", {"10"}}}, false},
      {R"({"NumericLessThanEquals":{"k":"10"}})", {{"k", {"10"}}}, true},
      {R"({"NumericGreaterThan":{"k":"-1.5"}})", {{"k", {"0"}}}, true},
      {R"({"NumericGreaterThanEquals":{"k":"10"}})", {{"k", {"9"}}}, false},
      {R"({"NumericLessThan":{"k":"10"}})", {{"k", {"many"}}}, false},
  });
}

TEST(Condition, dates) {
  const Keys now{{"aws:currenttime", {"2026-01-31T10:00:00Z"}}};
  check({
      {R"({"DateLessThan":{"aws:CurrentTime":"2026-02-01T00:00:00Z"}})", now, true},
      {R"({"DateLessThan":{"aws:CurrentTime":"2026-02"}})", now, true},
      {R"({"DateGreaterThan":{"aws:CurrentTime":"2026"}})", now, true},
      {R"({"DateGreaterThanEquals":{"aws:CurrentTime":"2026-01-31T12:00:00+02:00"}})", now, true},
      {R"({"DateEquals":{"aws:CurrentTime":"2026-01-31T10:00:00Z"}})", now, true},
      {R"({"DateNotEquals":{"aws:CurrentTime":"2026-01-31T10:00:00Z"}})", now, false},
      {R"({"DateLessThan":{"aws:CurrentTime":"1769000000"}})", now, false},
      {R"({"DateLessThanEquals":{"k":"2026-01-31"}})", {{"k", {"1700000000"}}}, true},
  });
}

TEST(Condition, addresses) {
  check({
      {R"({"IpAddress":{"k":"10.1.0.0/16"}})", {{"k", {"10.1.255.3"}}}, true},
      {R"({"IpAddress":{"k":"10.1.0.0/16"}})", {{"k", {"10.2.0.1"}}}, false},
      {R"({"IpAddress":{"k":["10.1.0.0/20","127.0.0.1"]}})", {{"k", {"127.0.0.1"}}}, true},
      {R"({"IpAddress":{"k":"10.1.16.0/20"}})", {{"k", {"10.1.15.1"}}}, false},
      {R"({"IpAddress":{"k":"0.0.0.0/0"}})", {{"k", {"::1"}}}, false},
      {R"({"IpAddress":{"k":"2001:db8::/32"}})", {{"k", {"2001:db8:1::5"}}}, true},
      {R"({"NotIpAddress":{"k":"10.0.0.0/8"}})", {{"k", {"192.168.0.1"}}}, true},
      {R"({"NotIpAddress":{"k":"10.0.0.0/8"}})", {{"k", {"10.0.0.1"}}}, false},
      {R"({"IpAddress":{"k":"10.0.0.0/33"}})", {{"k", {"10.0.0.1"}}}, false},
  });
}

TEST(Condition, arns) {
  const Keys topic{{"k", {"arn:aws:sns:us-east-1:123456789012:a:b"}}};
  check({
      {R"({"ArnLike":{"k":"arn:aws:sns:*:123456789012:*"}})", topic, true},
      {R"({"ArnEquals":{"k":"arn:aws:sns:*:*:a:?"}})", topic, true},
      {R"({"ArnLike":{"k":"arn:aws:*:a:b"}})", topic, false},
      {R"({"ArnLike":{"k":"arn:aws:sns:us-*-1:123456789012:A*"}})", topic, false},
      {R"({"ArnNotLike":{"k":"arn:aws:sqs:*:*:*"}})", topic, true},
      {R"({"ArnNotEquals":{"k":"arn:aws:sns:*:*:*"}})", topic, false},
      {R"({"ArnLike":{"k":"*"}})", topic, true},
  });
}

TEST(Condition, bool_binary_null) {
  check({
      {R"({"Bool":{"k":true}})", {{"k", {"True"}}}, true},
      {R"({"Bool":{"k":"false"}})", {{"k", {"true"}}}, false},
      {R"({"Bool":{"k":"true"}})", {}, false},
      {R"({"BinaryEquals":{"k":"aGk="}})", {{"k", {"hi"}}}, true},
      {R"({"BinaryEquals":{"k":"aGk="}})", {{"k", {"ho"}}}, false},
      {R"({"Null":{"k":"true"}})", {}, true},
      {R"({"Null":{"k":"true"}})", {{"k", {"x"}}}, false},
      {R"({"Null":{"k":false}})", {{"k", {"x"}}}, true},
  });
}

TEST(Condition, if_exists_lets_absent_keys_pass) {
  check({
      {R"({"StringEqualsIfExists":{"k":"a"}})", {}, true},
      {R"({"StringEqualsIfExists":{"k":"a"}})", {{"k", {"b"}}}, false},
      {R"({"BoolIfExists":{"k":"true"}})", {}, true},
      {R"({"ForAnyValue:StringLikeIfExists":{"k":"a*"}})", {}, true},
      {R"({"ForAnyValue:StringLikeIfExists":{"k":"a*"}})", {{"k", {"b"}}}, false},
  });
}

TEST(Condition, sets) {
  const Keys ab{{"k", {"a", "b"}}};
  check({
      {R"({"ForAllValues:StringEquals":{"k":["a","b","c"]}})", ab, true},
      {R"({"ForAllValues:StringEquals":{"k":["a"]}})", ab, false},
      {R"({"ForAllValues:StringEquals":{"k":["a"]}})", {}, true},
      {R"({"ForAnyValue:StringEquals":{"k":["b","c"]}})", ab, true},
      {R"({"ForAnyValue:StringEquals":{"k":["c"]}})", ab, false},
      {R"({"ForAnyValue:StringEquals":{"k":["c"]}})", {}, false},
      {R"({"ForAllValues:StringNotEquals":{"k":["c"]}})", ab, true},
      {R"({"ForAllValues:StringNotEquals":{"k":["b"]}})", ab, false},
      {R"({"ForAnyValue:StringNotEquals":{"k":["b"]}})", ab, true},
      {R"({"StringEquals":{"k":["b"]}})", ab, true},
  });
}

TEST(Condition, variables) {
  const Keys who{{"aws:username", {"ana"}}, {"k", {"ana"}}};
  check({
      {R"({"StringEquals":{"k":"${aws:username}"}})", who, true},
      {R"({"StringEquals":{"k":"${aws:userid}"}})", who, false},
      {R"({"StringNotEquals":{"k":"${aws:userid}"}})", who, true},
      {R"({"StringEquals":{"k":"${aws:PrincipalTag/team, 'ana'}"}})", who, true},
      {R"({"StringLike":{"k":"a${*}"}})", {{"k", {"ab"}}}, false},
      {R"({"StringLike":{"k":"a${*}${?}${$}"}})", {{"k", {"a*?$"}}}, true},
      {R"({"StringLike":{"k":"${aws:username}"}})", {{"aws:username", {"*"}}, {"k", {"x"}}}, false},
  });
}

TEST(Condition, unknown_operators_make_the_policy_unreadable) {
  for (const std::string_view name : {"StringSounds", "NullIfExists", "ForSome:StringEquals"}) {
    EXPECT_FALSE(parse_operator(name)) << name;
  }
}

TEST(GlobMatch, finds_segments_in_order) {
  const auto match = [](std::string_view pattern, std::string_view text) {
    const auto compiled = PolicyPattern::compile(pattern, PolicyPattern::Wildcards::kYes,
                                                 PolicyPattern::Variables::kNo);
    return glob_match(compiled.fixed_text(), text);
  };
  EXPECT_TRUE(match("*", ""));
  EXPECT_TRUE(match("a*b*c", "aXbYbZc"));
  EXPECT_FALSE(match("a*b*c", "aXcYb"));
  EXPECT_TRUE(match("*?b", "ab"));
  EXPECT_FALSE(match("*?b", "b"));
  EXPECT_TRUE(match("a?c*", "abc"));
  EXPECT_FALSE(match("abc", "abcd"));
  EXPECT_FALSE(match("a*a", "a"));
  EXPECT_TRUE(match("**x**", "yxz"));
}

TEST(GlobMatch, long_texts_cost_little) {
  std::string pattern;
  for (int i = 0; i < 500; ++i) pattern += std::string("a") + kAnyRun;
  pattern += 'b';
  EXPECT_FALSE(glob_match(pattern, std::string(100'000, 'a')));
}

}  // namespace
}  // namespace kiln::iam
