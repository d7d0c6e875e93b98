// SPDX-License-Identifier: Apache-2.0
#include "lambda/model/resource_policy.h"

#include "gen/lambda/add_permission.h"

#include <gtest/gtest.h>

namespace kiln::lambda {
namespace {

constexpr const char* kArn = "arn:aws:lambda:us-east-1:123456789012:function:f";

gen::lambda::AddPermissionRequest permission(std::string principal) {
  gen::lambda::AddPermissionRequest out;
  out.function_name = "f";
  out.statement_id = "s";
  out.action = "lambda:InvokeFunction";
  out.principal = std::move(principal);
  return out;
}

TEST(Statement, NamesItsPrincipalAsAwsDoes) {
  const struct {
    std::string principal, element;
  } cases[] = {
      {"*", R"("*")"},
      {"s3.amazonaws.com", R"({"Service":"s3.amazonaws.com"})"},
      {"alexa-appkit.amazon.com", R"({"Service":"alexa-appkit.amazon.com"})"},
      {"123456789012", R"({"AWS":"arn:aws:iam::123456789012:root"})"},
      {"arn:aws:iam::123456789012:role/a/b", R"({"AWS":"arn:aws:iam::123456789012:role/a/b"})"},
  };
  for (const auto& c : cases) EXPECT_EQ(principal_element(c.principal), c.element);
  for (const char* none : {"invalid.nonaws.com", "12345", "arn:aws:iam::1:user/x", "me", ".com",
                           "arn:aws:iam::123456789012:group/g", "arn:aws:s3:::b"}) {
    EXPECT_FALSE(principal_element(none)) << none;
    const auto refused = make_statement(permission(none), kArn);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "InvalidParameterValueException");
  }
}

TEST(Statement, HoldsEachCondition) {
  auto input = permission("s3.amazonaws.com");
  EXPECT_EQ(make_statement(input, kArn).value(),
            R"({"Sid":"s","Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},)"
            R"("Action":"lambda:InvokeFunction",)"
            R"("Resource":"arn:aws:lambda:us-east-1:123456789012:function:f"})");
  input.source_arn = "arn:aws:s3:::b";
  input.source_account = "123456789012";
  input.principal_org_id = "o-aaaaaaaaaa";
  input.event_source_token = "token";
  input.function_url_auth_type = "NONE";
  input.invoked_via_function_url = true;
  const auto statement = make_statement(input, kArn).value();
  EXPECT_NE(statement.find(R"("Condition":{"StringEquals":{"lambda:FunctionUrlAuthType":"NONE",)"
                           R"("aws:PrincipalOrgID":"o-aaaaaaaaaa",)"
                           R"("AWS:SourceAccount":"123456789012",)"
                           R"("lambda:EventSourceToken":"token"},)"
                           R"("ArnLike":{"AWS:SourceArn":"arn:aws:s3:::b"},)"
                           R"("Bool":{"lambda:InvokedViaFunctionUrl":"true"}})"),
            std::string::npos)
      << statement;
}

TEST(ResourcePolicy, GrowsAndShrinksByStatement) {
  const auto one = add_statement("", "a", R"({"Sid":"a"})");
  EXPECT_EQ(one.value(), R"({"Version":"2012-10-17","Id":"default","Statement":[{"Sid":"a"}]})");
  const auto two = add_statement(*one, "b", R"({"Sid":"b"})");
  ASSERT_TRUE(two);
  const auto again = add_statement(*two, "b", R"({"Sid":"b"})");
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, "ResourceConflictException");
  EXPECT_EQ(remove_statement(*two, "a").value(),
            R"({"Version":"2012-10-17","Id":"default","Statement":[{"Sid":"b"}]})");
  EXPECT_EQ(remove_statement(*one, "a").value(), "");
  const auto missing = remove_statement(*two, "c");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message, "Statement c is not found in resource policy.");
}

TEST(ResourcePolicy, EndsAtTwentyKibibytes) {
  const std::string long_text(kMaxPolicyBytes - 70, 'x');
  const auto nearly = add_statement("", "a", R"({"Sid":"a","x":")" + long_text + "\"}");
  ASSERT_FALSE(nearly);
  EXPECT_EQ(nearly.error().code, "PolicyLengthExceededException");
  EXPECT_TRUE(add_statement("", "a", R"({"Sid":"a","x":")" + long_text.substr(80) + "\"}"));
}

}  // namespace
}  // namespace kiln::lambda
