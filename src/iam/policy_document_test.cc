// SPDX-License-Identifier: Apache-2.0
#include "iam/policy_document.h"

#include "iam/wildcard.h"

#include <gtest/gtest.h>

namespace kiln::iam {
namespace {

constexpr const char* kSyntax = "Syntax errors in policy.";

std::string fault(std::string_view text, PolicyKind kind = PolicyKind::kIdentity) {
  return policy_fault(text, kind).value_or("");
}
// A document around one statement.
std::string one(std::string statement) {
  return R"({"Version":"2012-10-17","Statement":[)" + std::move(statement) + "]}";
}
std::string resource(std::string text) {
  return fault(one(R"({"Effect":"Allow","Action":"s3:*","Resource":")" + std::move(text) + "\"}"));
}
std::string action(std::string text) {
  return fault(one(R"({"Effect":"Allow","Resource":"*","Action":")" + std::move(text) + "\"}"));
}
std::string trust(std::string statement) {
  return fault(one(std::move(statement)), PolicyKind::kTrust);
}

TEST(PolicyFault, good_documents_have_none) {
  EXPECT_EQ(fault(R"({"Version":"2012-10-17","Statement":{"Effect":"Deny","NotAction":["iam:*"],
      "NotResource":["arn:aws:s3:::b/*","*"],"Sid":"A","Condition":{"ForAnyValue:StringLikeIfExists":
      {"aws:TagKeys":["a",1,true]},"DateLessThan":{"aws:CurrentTime":"2026-01-31"}}}})"),
            "");
  EXPECT_EQ(resource("arn:aws:lambda:us-east-1:123456789012:function:f"), "");
  EXPECT_EQ(resource("arn:aws:iam::123456789012:role/x"), "");
}

TEST(PolicyFault, syntax) {
  for (const char* text :
       {"", "[]", "{", R"({"Version":"2012-10-17"})", R"({"Version":"2012-10-17","Statement":[]})",
        R"({"Version":"2012","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}})",
        R"({"Version":"2012-10-17","Extra":1,"Statement":{"Effect":"Allow"}})"}) {
    EXPECT_EQ(fault(text), kSyntax) << text;
  }
  for (const char* statement :
       {"1", "{}", R"({"Effect":"Maybe"})", R"({"Effect":"Allow","Extra":1})",
        R"({"Effect":"Allow","Action":"a:b","NotAction":"a:b"})",
        R"({"Effect":"Allow","Action":[1]})", R"({"Effect":"Allow","Sid":1})",
        R"({"Effect":"Allow","Condition":[]})",
        R"({"Effect":"Allow","Condition":{"Unknown":{"a":"b"}}})"}) {
    EXPECT_EQ(fault(one(statement)), kSyntax) << statement;
  }
}

TEST(PolicyFault, version_is_needed_but_in_trust_policies) {
  const std::string old = R"({"Version":"2008-10-17","Statement":{"Effect":"Allow",)";
  EXPECT_EQ(fault(old + R"("Action":"*","Resource":"*"}})"),
            "Policy document must be version 2012-10-17 or greater.");
  EXPECT_EQ(fault(old + R"("Action":"sts:AssumeRole",
                           "Principal":{"Service":"lambda.amazonaws.com"}}})",
                  PolicyKind::kTrust),
            "");
}

TEST(PolicyFault, legacy_parsing) {
  constexpr const char* kText = "The policy failed legacy parsing";
  EXPECT_EQ(fault(one(R"({"Effect":"allow","Action":"a:b","Resource":"*"})")), kText);
  EXPECT_EQ(resource("arn:aws:s3::b"), kText);
  EXPECT_EQ(resource("arn:aws::us-east-1:1:b"), kText);
  EXPECT_EQ(fault(one(R"({"Effect":"Allow","Action":"a:b","Resource":"*","Condition":
      {"DateGreaterThan":{"aws:CurrentTime":"soon"}}})")),
            kText);
}

TEST(PolicyFault, sids_are_unique) {
  const std::string s = R"({"Sid":"A","Effect":"Allow","Action":"a:b","Resource":"*"})";
  EXPECT_EQ(fault(one(s + "," + s)), "Statement IDs (SID) in a single policy must be unique.");
}

TEST(PolicyFault, resources) {
  EXPECT_EQ(fault(one(R"({"Effect":"Allow","Action":"a:b"})")),
            "Policy statement must contain resources.");
  EXPECT_EQ(resource("bucket"), "Resource bucket must be in ARN format or \"*\".");
  EXPECT_EQ(resource("arn:foo:s3:r:1:b"),
            "Partition \"foo\" is not valid for resource \"arn:foo:s3:r:1:b\".");
  EXPECT_EQ(resource("arn:aws"),
            "Resource vendor must be fully qualified and cannot contain regexes.");
  EXPECT_EQ(resource("arn:aws:iam:us-east-1:123456789012:role/x"),
            "IAM resource arn:aws:iam:us-east-1:123456789012:role/x cannot contain region "
            "information.");
  EXPECT_EQ(resource("arn:aws:s3:us-east-1::b"),
            "Resource arn:aws:s3:us-east-1::b can not contain region information.");
  EXPECT_TRUE(resource("arn:aws:iam::123456789012:x").starts_with("IAM resource path must"));
}

TEST(PolicyFault, actions) {
  EXPECT_EQ(fault(one(R"({"Effect":"Allow","Resource":"*"})")),
            "Policy statement must contain actions.");
  EXPECT_EQ(fault(one(R"({"Effect":"Allow","Resource":"*","Action":[]})")),
            "Policy statement must contain actions.");
  EXPECT_EQ(action("*"), "");
  EXPECT_EQ(action("GetObject"),
            "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.");
  EXPECT_EQ(action("s3:a:b"), "Actions/Condition can contain only one colon.");
  EXPECT_EQ(action("s*:a"), "Vendor s* is not valid");
}

TEST(PolicyFault, principals_belong_into_trust_policies) {
  EXPECT_EQ(fault(one(R"({"Effect":"Allow","Action":"a:b","Resource":"*","Principal":"*"})")),
            "Policy document should not specify a principal.");
  EXPECT_EQ(trust(R"({"Effect":"Allow","Action":"sts:AssumeRole"})"),
            "Missing required field Principal");
  EXPECT_EQ(trust(R"({"Effect":"Allow","Action":"sts:AssumeRole","Principal":"*","Resource":"*"})"),
            "Has prohibited field Resource.");
  EXPECT_TRUE(trust(R"({"Effect":"Allow","Action":"s3:GetObject","Principal":"*"})")
                  .starts_with("Trust Policy statement actions can only be sts:AssumeRole"));
  EXPECT_EQ(trust(R"({"Effect":"Allow","Action":["sts:AssumeRole","sts:TagSession"],"Principal":
      {"AWS":["*","123456789012","arn:aws:iam::123456789012:role/a/b"],
       "Service":["lambda.amazonaws.com"],"Federated":"accounts.google.com"}})"),
            "");
  EXPECT_EQ(trust(R"({"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"me"}})"),
            "Invalid principal in policy: \"AWS\":\"me\"");
  EXPECT_EQ(trust(R"({"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"x"}})"),
            "Invalid principal in policy: \"SERVICE\":\"x\"");
}

TEST(PolicySize, leaves_white_space_out) { EXPECT_EQ(policy_size(" {\n\t\"a\": 1}\r\n"), 7u); }

TEST(WildcardMatch, knows_star_and_question_mark) {
  EXPECT_TRUE(wildcard_match("*", ""));
  EXPECT_TRUE(wildcard_match("a*b?d", "axxbbcd"));
  EXPECT_FALSE(wildcard_match("a?c", "ac"));
  EXPECT_FALSE(wildcard_match("ab", "abc"));
  EXPECT_TRUE(wildcard_match("a*", "a:/"));
}

}  // namespace
}  // namespace kiln::iam
