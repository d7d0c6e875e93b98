// SPDX-License-Identifier: Apache-2.0
#include "iam/policy_authorizer.h"

#include "iam/keys.h"
#include "iam/test_store.h"

#include <gtest/gtest.h>

namespace kiln::iam {
namespace {

constexpr const char* kAccount = "123456789012";

std::string statement(std::string_view effect, std::string_view action, std::string_view resource,
                      std::string_view more = "") {
  return R"({"Version":"2012-10-17","Statement":{"Effect":")" + std::string(effect) +
         R"(","Action":")" + std::string(action) + R"(","Resource":")" + std::string(resource) +
         '"' + std::string(more) + "}}";
}

// One role with one policy, and how often it was asked for.
class OneRole final : public PrincipalPolicies {
 public:
  std::string text;
  bool exists = true;
  int asked = 0;
  Task<Result<std::optional<PrincipalGrants>>> find(aws::Principal) override {
    ++asked;
    if (!exists) co_return std::nullopt;
    PrincipalGrants grants;
    grants.identity.push_back({"p", "", text});
    grants.tags["team"] = "red";
    co_return grants;
  }
  Task<Result<std::optional<std::string>>> managed_policy(std::string) override { co_return text; }
};

class OnePolicy final : public ResourcePolicies {
 public:
  ResourcePolicy policy;
  bool closed = false;
  bool closed_to_others() const override { return closed; }
  Task<Result<std::optional<ResourcePolicy>>> find(std::string, std::string) override {
    co_return policy;
  }
};

class Authorizing : public testing::Test {
 protected:
  TestStore t_;
  Metrics metrics_;
  OneRole role_;
  OnePolicy bucket_;
  std::unique_ptr<PolicyAuthorizer> authorizer_ = make(IamMode::kEnforce);
  aws::RequestContext context_ = caller();

  std::unique_ptr<PolicyAuthorizer> make(IamMode mode) {
    return std::make_unique<PolicyAuthorizer>(t_.store(), t_.loop, role_, metrics_, mode);
  }
  static aws::RequestContext caller() {
    aws::RequestContext c;
    c.service = "logs";
    c.account = kAccount;
    c.region = "us-east-1";
    auto& p = c.principal;
    p.kind = aws::Principal::Kind::kAssumedRole;
    p.account = kAccount;
    p.arn = "arn:aws:sts::123456789012:assumed-role/R/s";
    p.role_arn = "arn:aws:iam::123456789012:role/R";
    p.user_id = "AROAR:s";
    return c;
  }
  aws::ApiResult<void> ask(std::string action, std::string resource) {
    return t_.run(authorizer_->check(context_, {std::move(action), std::move(resource)}));
  }
  bool allowed(std::string action, std::string resource) {
    return ask(std::move(action), std::move(resource)).has_value();
  }
  std::int64_t remembered() {
    return metrics_.counter("kiln_iam_decision_cache_hits_total").value();
  }
  void change_iam() {
    ASSERT_TRUE(t_.run(t_.store().commit(store::Batch().put(keys::role(kAccount, "R"), "x"))));
  }
};

TEST_F(Authorizing, decides_by_the_role_and_remembers) {
  role_.text = statement("Allow", "logs:Get*", "*");
  EXPECT_TRUE(allowed("logs:GetLogEvents", "*"));
  EXPECT_TRUE(allowed("logs:GetLogEvents", "*"));
  const auto refused = ask("logs:PutLogEvents", "*");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "AccessDeniedException");
  EXPECT_EQ(role_.asked, 1);
  EXPECT_EQ(remembered(), 1);
}

TEST_F(Authorizing, a_change_is_seen_at_once) {
  role_.text = statement("Allow", "*", "*");
  EXPECT_TRUE(allowed("logs:GetLogEvents", "*"));
  role_.text = statement("Deny", "*", "*");
  change_iam();
  EXPECT_FALSE(allowed("logs:GetLogEvents", "*"));
  role_.exists = false;
  change_iam();
  EXPECT_FALSE(allowed("logs:GetLogEvents", "*"));
}

TEST_F(Authorizing, what_depends_on_the_request_is_decided_each_time) {
  role_.text = statement("Allow", "*", "*",
                         R"(,"Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"},)"
                         R"("StringEquals":{"aws:PrincipalTag/Team":"red"}})");
  context_.source_ip = "10.0.0.1";
  EXPECT_TRUE(allowed("logs:GetLogEvents", "*"));
  context_.source_ip = "11.0.0.1";
  EXPECT_FALSE(allowed("logs:GetLogEvents", "*"));
  context_.source_ip = "10.0.0.1";
  context_.principal.session_tags["team"] = "blue";
  EXPECT_FALSE(allowed("logs:GetLogEvents", "*"));
  EXPECT_EQ(remembered(), 0);
}

TEST_F(Authorizing, every_permission_must_be_given) {
  role_.text = statement("Allow", "lambda:*", "*");
  aws::Authorization both("lambda:CreateFunction", "*");
  both.also({"iam:PassRole", "arn:aws:iam::123456789012:role/X", {}});
  context_.service = "lambda";
  const auto refused = t_.run(authorizer_->check(context_, both));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message,
            "User: arn:aws:sts::123456789012:assumed-role/R/s is not authorized to perform: "
            "iam:PassRole on resource: arn:aws:iam::123456789012:role/X because no identity-based "
            "policy allows the iam:PassRole action");
  EXPECT_TRUE(t_.run(authorizer_->check(context_, {})));
}

TEST_F(Authorizing, a_log_group_fits_both_ways_of_writing_it) {
  const std::string group = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/f";
  for (const std::string& pattern : {group, group + ":*", group + "*"}) {
    role_.text = statement("Allow", "*", pattern);
    change_iam();
    EXPECT_TRUE(allowed("logs:DescribeLogStreams", group + ":log-stream:")) << pattern;
    EXPECT_TRUE(allowed("logs:TagResource", group)) << pattern;
    EXPECT_EQ(allowed("logs:PutLogEvents", group + ":log-stream:s"), pattern != group) << pattern;
    EXPECT_FALSE(allowed("logs:TagResource", "arn:aws:logs:us-east-1:1:log-group:g")) << pattern;
  }
}

TEST_F(Authorizing, session_policies_limit) {
  role_.text = statement("Allow", "*", "*");
  context_.principal.session_policies = {statement("Allow", "logs:Get*", "*")};
  EXPECT_TRUE(allowed("logs:GetLogEvents", "*"));
  EXPECT_FALSE(allowed("logs:PutLogEvents", "*"));
  context_.principal.session_policies.clear();
  context_.principal.session_policy_arns = {"arn:aws:iam::aws:policy/P"};
  EXPECT_TRUE(allowed("logs:PutLogEvents", "*"));
}

TEST_F(Authorizing, resource_policies_and_their_owner) {
  role_.text = statement("Allow", "*", "*");
  authorizer_->add_resource_policies("s3", bucket_);
  bucket_.policy.owner = "999999999999";
  EXPECT_FALSE(allowed("s3:GetObject", "arn:aws:s3:::b/k"));
  bucket_.policy.policy =
      R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*",)"
      R"("Resource":"arn:aws:s3:::b/*","Principal":{"AWS":"123456789012"}}})";
  EXPECT_TRUE(allowed("s3:GetObject", "arn:aws:s3:::b/k"));
  EXPECT_FALSE(allowed("s3:GetObject", "arn:aws:s3:::c/k"));
}

TEST_F(Authorizing, a_policy_that_cannot_be_read_denies) {
  role_.text = "{";
  EXPECT_FALSE(allowed("logs:GetLogEvents", "*"));
}

TEST_F(Authorizing, root_is_not_looked_up) {
  context_.principal.kind = aws::Principal::Kind::kRoot;
  EXPECT_TRUE(allowed("logs:GetLogEvents", "*"));
  EXPECT_TRUE(allowed("logs:GetLogEvents", "arn:aws:logs:us-east-1:123456789012:log-group:g"));
  EXPECT_EQ(role_.asked, 0);
  EXPECT_FALSE(allowed("logs:GetLogEvents", "arn:aws:logs:us-east-1:999999999999:log-group:g"));
}

TEST_F(Authorizing, an_unbuilt_operation_needs_its_action_somewhere) {
  role_.text = statement("Allow", "lambda:*", "arn:aws:lambda:*:*:function:f");
  EXPECT_TRUE(t_.run(authorizer_->check_unbuilt(context_, "lambda:InvokeAsync")));
  EXPECT_FALSE(t_.run(authorizer_->check_unbuilt(context_, "logs:StartQuery")));
}

TEST_F(Authorizing, audit_allows_and_counts) {
  authorizer_ = make(IamMode::kAudit);
  role_.text = statement("Allow", "logs:Get*", "*");
  EXPECT_TRUE(allowed("logs:PutLogEvents", "*"));
  EXPECT_TRUE(allowed("logs:GetLogEvents", "*"));
  EXPECT_EQ(metrics_.counter("kiln_iam_audit_denied_total").value(), 1);
  const auto text = authorizer_->observations().suggest(kAccount, "R");
  EXPECT_NE(text.find("logs:PutLogEvents"), std::string::npos);
  EXPECT_NE(text.find("logs:GetLogEvents"), std::string::npos);
}

// Whoever may come without a key was let in by the owner, who is told what AWS would do.
TEST_F(Authorizing, audit_allows_anonymous_callers) {
  authorizer_ = make(IamMode::kAudit);
  bucket_.closed = true;
  authorizer_->add_resource_policies("lambda", bucket_);
  context_.principal = {};
  EXPECT_TRUE(ask("lambda:InvokeFunctionUrl", "arn:aws:lambda:us-east-1:1:function:f"));
  EXPECT_EQ(metrics_.counter("kiln_iam_audit_denied_total").value(), 1);
}

TEST_F(Authorizing, off_asks_nobody) {
  authorizer_ = make(IamMode::kOff);
  EXPECT_TRUE(allowed("logs:PutLogEvents", "*"));
  EXPECT_TRUE(t_.run(authorizer_->check_unbuilt(context_, "logs:StartQuery")));
  EXPECT_EQ(role_.asked, 0);
}

}  // namespace
}  // namespace kiln::iam
