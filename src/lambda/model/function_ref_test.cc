// SPDX-License-Identifier: Apache-2.0
#include "lambda/model/function_ref.h"

#include <gtest/gtest.h>

namespace kiln::lambda {
namespace {

aws::RequestContext context() {
  aws::RequestContext out;
  out.account = "123456789012";
  out.region = "us-east-1";
  out.operation = "GetFunction";
  out.principal.arn = "arn:aws:iam::123456789012:root";
  return out;
}

TEST(FunctionRef, TakesEveryFormOfAName) {
  const struct {
    std::string text, name, qualifier;
  } cases[] = {
      {"hello", "hello", ""},
      {"hello:$LATEST", "hello", "$LATEST"},
      {"hello:7", "hello", "7"},
      {"function:hello", "hello", ""},
      {"123456789012:function:hello", "hello", ""},
      {"123456789012:function:hello:live", "hello", "live"},
      {"123456789012:hello", "hello", ""},
      {"arn:aws:lambda:us-east-1:123456789012:function:hello", "hello", ""},
      {"arn:aws:lambda:us-east-1:123456789012:function:hello:$LATEST", "hello", "$LATEST"},
      {"us-east-1:123456789012:function:hello", "hello", ""},
      {"function", "function", ""},
      {"123456789012", "123456789012", ""},
  };
  for (const auto& c : cases) {
    const auto ref = parse_function_ref(context(), c.text, "");
    ASSERT_TRUE(ref) << c.text;
    EXPECT_EQ(ref->key.name, c.name) << c.text;
    EXPECT_EQ(ref->qualifier, c.qualifier) << c.text;
  }
}

TEST(FunctionRef, RefusesAnotherQualifierThanItsOwn) {
  const auto ref = parse_function_ref(context(), "hello:1", "2");
  ASSERT_FALSE(ref);
  EXPECT_EQ(ref.error().message,
            "The derived qualifier from the function name does not match the specified qualifier.");
  EXPECT_TRUE(parse_function_ref(context(), "hello:1", "1"));
}

TEST(FunctionRef, AnotherRegionIsNotReachable) {
  const auto ref =
      parse_function_ref(context(), "arn:aws:lambda:eu-west-1:123456789012:function:hello", "");
  ASSERT_FALSE(ref);
  EXPECT_EQ(ref.error().code, "ResourceNotFoundException");
  EXPECT_EQ(ref.error().message,
            "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')");
}

TEST(FunctionRef, AnotherAccountsFunctionIsNamedByItsArn) {
  const auto ref = parse_function_ref(context(), "999999999999:function:hello", "");
  ASSERT_TRUE(ref);
  EXPECT_EQ(ref->key.account, "999999999999");
  EXPECT_EQ(resource_arn(context(), "999999999999:function:hello"),
            "arn:aws:lambda:us-east-1:999999999999:function:hello");
}

TEST(FunctionRef, VersionsAndAliasesDoNotExistYet) {
  const auto ref = parse_latest_ref(context(), "hello", "prod");
  ASSERT_FALSE(ref);
  EXPECT_EQ(ref.error().message,
            "Function not found: arn:aws:lambda:us-east-1:123456789012:function:hello:prod");
  EXPECT_TRUE(parse_latest_ref(context(), "hello", "$LATEST"));
}

}  // namespace
}  // namespace kiln::lambda
