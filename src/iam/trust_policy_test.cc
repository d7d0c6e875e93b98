// SPDX-License-Identifier: Apache-2.0
#include "iam/policy_document.h"

#include <gtest/gtest.h>

namespace kiln::iam {
namespace {

std::string policy(std::string_view principal, std::string_view more = "") {
  return R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",)" +
         std::string(more) + R"("Principal":)" + std::string(principal) + "}]}";
}

aws::Principal user() {
  aws::Principal p;
  p.kind = aws::Principal::Kind::kUser;
  p.account = "123456789012";
  p.arn = "arn:aws:iam::123456789012:user/u";
  p.user_id = "AIDAX";
  return p;
}

TEST(TrustsService, needs_the_service_by_name) {
  EXPECT_TRUE(
      trusts_service(policy(R"({"Service":"lambda.amazonaws.com"})"), "lambda.amazonaws.com"));
  EXPECT_TRUE(trusts_service(policy(R"({"Service":["ec2.amazonaws.com","lambda.amazonaws.com"]})"),
                             "lambda.amazonaws.com"));
  EXPECT_FALSE(
      trusts_service(policy(R"({"Service":"ec2.amazonaws.com"})"), "lambda.amazonaws.com"));
  EXPECT_FALSE(trusts_service(policy(R"({"AWS":"*"})"), "lambda.amazonaws.com"));
  EXPECT_FALSE(trusts_service("not json", "lambda.amazonaws.com"));
  EXPECT_TRUE(trusts_service(policy(R"({"Service":"lambda.amazonaws.com"})",
                                    R"("Condition":{"StringEquals":{"aws:SourceAccount":"1"}},)"),
                             "lambda.amazonaws.com"));
}

TEST(TrustOf, tells_account_from_caller) {
  EXPECT_EQ(trust_of(policy(R"({"AWS":"arn:aws:iam::123456789012:root"})"), user(), {}),
            Trust::kAccount);
  EXPECT_EQ(trust_of(policy(R"({"AWS":"123456789012"})"), user(), {}), Trust::kAccount);
  EXPECT_EQ(trust_of(policy(R"({"AWS":"arn:aws:iam::123456789012:user/u"})"), user(), {}),
            Trust::kNamed);
  EXPECT_EQ(trust_of(policy(R"({"AWS":"AIDAX"})"), user(), {}), Trust::kNamed);
  EXPECT_EQ(trust_of(policy(R"("*")"), user(), {}), Trust::kNamed);
  EXPECT_EQ(trust_of(policy(R"({"AWS":"arn:aws:iam::999999999999:root"})"), user(), {}),
            Trust::kNone);
  EXPECT_EQ(trust_of(policy(R"({"Service":"lambda.amazonaws.com"})"), user(), {}), Trust::kNone);
}

TEST(TrustOf, the_root_user_is_its_account) {
  auto root = user();
  root.kind = aws::Principal::Kind::kRoot;
  EXPECT_EQ(trust_of(policy(R"({"AWS":"123456789012"})"), root, {}), Trust::kNamed);
}

TEST(TrustOf, external_id_must_match) {
  const auto text = policy(R"("*")", R"("Condition":{"StringEquals":{"sts:ExternalId":"e"}},)");
  EXPECT_EQ(trust_of(text, user(), {.external_id = "e"}), Trust::kNamed);
  EXPECT_EQ(trust_of(text, user(), {.external_id = "f"}), Trust::kNone);
  EXPECT_EQ(trust_of(text, user(), {}), Trust::kNone);
}

TEST(TrustOf, conditions_it_does_not_know_fail_closed) {
  const auto text =
      policy(R"("*")", R"("Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}},)");
  EXPECT_EQ(trust_of(text, user(), {}), Trust::kNone);
}

TEST(TrustOf, deny_wins) {
  EXPECT_EQ(trust_of(R"({"Statement":[{"Effect":"Allow","Action":"sts:*","Principal":"*"},
      {"Effect":"Deny","Action":"sts:AssumeRole","Principal":{"AWS":"AIDAX"}}]})",
                     user(), {}),
            Trust::kDenied);
}

}  // namespace
}  // namespace kiln::iam
