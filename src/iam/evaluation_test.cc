// SPDX-License-Identifier: Apache-2.0
#include "iam/evaluation.h"

#include "iam/request_keys.h"

#include <gtest/gtest.h>

namespace kiln::iam {
namespace {

using Kind = aws::Principal::Kind;
constexpr const char* kAccount = "123456789012";
constexpr const char* kOther = "999999999999";
constexpr const char* kBucket = "arn:aws:s3:::b/k";

aws::Principal user() {
  aws::Principal p;
  p.kind = Kind::kUser;
  p.account = kAccount;
  p.arn = "arn:aws:iam::123456789012:user/team/ana";
  p.user_id = "AIDAANA";
  return p;
}
aws::Principal session() {
  aws::Principal p;
  p.kind = Kind::kAssumedRole;
  p.account = kAccount;
  p.arn = "arn:aws:sts::123456789012:assumed-role/R/s";
  p.role_arn = "arn:aws:iam::123456789012:role/path/R";
  p.user_id = "AROAR:s";
  return p;
}
aws::Principal root() {
  aws::Principal p;
  p.kind = Kind::kRoot;
  p.account = kAccount;
  p.arn = "arn:aws:iam::123456789012:root";
  p.user_id = kAccount;
  return p;
}
aws::Principal service(std::string name) {
  aws::Principal p;
  p.kind = Kind::kService;
  p.service = std::move(name);
  return p;
}

// One statement of `body` ("Effect":..., ...) as a policy.
PolicyPtr policy(std::string_view body) {
  auto compiled =
      compile_policy(R"({"Version":"2012-10-17","Statement":[{)" + std::string(body) + "}]}");
  EXPECT_TRUE(compiled) << body;
  return std::make_shared<const Policy>(compiled ? std::move(*compiled) : Policy{});
}
PolicyPtr allow(std::string_view action = "*", std::string_view resource = "*") {
  return policy(R"("Effect":"Allow","Action":")" + std::string(action) + R"(","Resource":")" +
                std::string(resource) + '"');
}
PolicyPtr deny(std::string_view action = "*") {
  return policy(R"("Effect":"Deny","Resource":"*","Action":")" + std::string(action) + '"');
}
// A resource policy that lets `principal` (JSON) in.
PolicyPtr lets(std::string_view principal) {
  return policy(R"("Effect":"Allow","Action":"*","Resource":"*","Principal":)" +
                std::string(principal));
}

struct Asking {
  aws::Principal principal = user();
  PolicySet set = {};
  std::string owner = kAccount;
  std::string action = "s3:getobject";
  std::vector<std::string> resources = {kBucket};

  Verdict verdict() const {
    aws::RequestContext context;
    context.principal = principal;
    const std::map<std::string, std::vector<std::string>> own;
    const RequestFacts facts{.context = context, .own_keys = own, .owner = owner};
    const RequestKeys keys(facts);
    return evaluate({.principal = principal,
                     .action = action,
                     .resources = resources,
                     .owner = owner,
                     .keys = keys},
                    set);
  }
  bool allowed() const { return verdict().allowed; }
};

void expect_denied(const Asking& asking, PolicyType by, bool explicitly) {
  const auto verdict = asking.verdict();
  EXPECT_FALSE(verdict.allowed);
  EXPECT_EQ(verdict.by, by);
  EXPECT_EQ(verdict.explicit_deny, explicitly);
}

TEST(Evaluate, nothing_is_allowed_that_no_policy_allows) {
  expect_denied({}, PolicyType::kIdentity, false);
  EXPECT_TRUE((Asking{.set = {.identity = {allow()}}}).allowed());
  EXPECT_TRUE((Asking{.set = {.identity = {allow("S3:Get*", "arn:aws:s3:::b/*")}}}).allowed());
  EXPECT_FALSE((Asking{.set = {.identity = {allow("s3:Get*", "arn:aws:s3:::B/*")}}}).allowed());
  EXPECT_FALSE((Asking{.set = {.identity = {allow("s3:Put*")}}}).allowed());
}

TEST(Evaluate, an_explicit_deny_beats_every_allow) {
  expect_denied({.set = {.identity = {allow(), deny("s3:GetObject")}}}, PolicyType::kIdentity,
                true);
  expect_denied({.set = {.identity = {allow()}, .boundary = deny()}}, PolicyType::kBoundary, true);
  expect_denied({.set = {.identity = {allow()}, .session = {deny()}, .has_session = true}},
                PolicyType::kSession, true);
  const auto closed = policy(R"("Effect":"Deny","Action":"*","Resource":"*","Principal":"*")");
  expect_denied({.set = {.identity = {allow()}, .resource = closed}}, PolicyType::kResource, true);
  expect_denied({.principal = root(), .set = {.resource = closed}}, PolicyType::kResource, true);
}

TEST(Evaluate, boundary_and_session_policy_limit_identity_policies) {
  expect_denied({.set = {.identity = {allow()}, .boundary = allow("ec2:*")}}, PolicyType::kBoundary,
                false);
  EXPECT_TRUE((Asking{.set = {.identity = {allow()}, .boundary = allow("s3:*")}}).allowed());
  expect_denied({.set = {.identity = {allow()}, .has_session = true}}, PolicyType::kSession, false);
  EXPECT_TRUE((Asking{.set = {.identity = {allow()}, .session = {allow()}, .has_session = true}})
                  .allowed());
  expect_denied({.set = {.boundary = allow(), .session = {allow()}, .has_session = true}},
                PolicyType::kIdentity, false);
}

TEST(Evaluate, not_action_and_not_resource_invert) {
  const auto not_iam = policy(R"("Effect":"Allow","NotAction":"iam:*","Resource":"*")");
  EXPECT_TRUE((Asking{.set = {.identity = {not_iam}}}).allowed());
  EXPECT_FALSE((Asking{.set = {.identity = {not_iam}}, .action = "iam:getrole"}).allowed());
  const auto others = policy(R"("Effect":"Allow","Action":"*","NotResource":"arn:aws:s3:::b/*")");
  EXPECT_FALSE((Asking{.set = {.identity = {others}}}).allowed());
  EXPECT_TRUE((Asking{.set = {.identity = {others}}, .resources = {"arn:aws:s3:::c/k"}}).allowed());
}

TEST(Evaluate, variables_in_resources) {
  const auto home = allow("s3:*", "arn:aws:s3:::b/${aws:username}");
  Asking asking{.set = {.identity = {home}}, .resources = {"arn:aws:s3:::b/ana"}};
  EXPECT_TRUE(asking.allowed());
  EXPECT_TRUE(asking.verdict().depends_on_request);
  asking.resources = {"arn:aws:s3:::b/bob"};
  EXPECT_FALSE(asking.allowed());
  asking.principal = session();
  asking.resources = {"arn:aws:s3:::b/"};
  EXPECT_FALSE(asking.allowed());
  const auto but_own =
      policy(R"("Effect":"Allow","Action":"*","NotResource":"arn:aws:s3:::b/${aws:username}")");
  EXPECT_FALSE((Asking{.principal = session(), .set = {.identity = {but_own}}}).allowed());
}

TEST(Evaluate, resource_policies_of_the_same_account) {
  struct Row {
    const char* principal;
    aws::Principal caller;
    bool with_nothing, with_boundary_only;
  };
  const std::vector<Row> rows = {
      {R"({"AWS":"arn:aws:iam::123456789012:user/team/ana"})", user(), true, true},
      {R"({"AWS":"AIDAANA"})", user(), true, true},
      {R"("*")", user(), true, true},
      {R"({"AWS":"*"})", session(), true, true},
      {R"({"AWS":"arn:aws:sts::123456789012:assumed-role/R/s"})", session(), true, true},
      {R"({"AWS":"arn:aws:iam::123456789012:role/path/R"})", session(), true, false},
      {R"({"AWS":"AROAR"})", session(), true, false},
      {R"({"AWS":"123456789012"})", user(), false, false},
      {R"({"AWS":"arn:aws:iam::123456789012:root"})", session(), false, false},
      {R"({"AWS":"arn:aws:iam::999999999999:root"})", user(), false, false},
      {R"({"Service":"s3.amazonaws.com"})", user(), false, false},
  };
  for (const auto& row : rows) {
    Asking asking{.principal = row.caller, .set = {.resource = lets(row.principal)}};
    EXPECT_EQ(asking.allowed(), row.with_nothing) << row.principal;
    asking.set.boundary = allow("ec2:*");
    EXPECT_EQ(asking.allowed(), row.with_boundary_only) << row.principal;
  }
}

TEST(Evaluate, two_accounts_must_agree) {
  Asking asking{.set = {.identity = {allow()}}, .owner = kOther};
  expect_denied(asking, PolicyType::kResource, false);
  asking.set.resource = lets(R"({"AWS":"123456789012"})");
  EXPECT_TRUE(asking.allowed());
  asking.set.identity.clear();
  asking.set.resource = lets(R"({"AWS":"arn:aws:iam::123456789012:user/team/ana"})");
  expect_denied(asking, PolicyType::kIdentity, false);
  Asking of_root{.principal = root(), .set = {}, .owner = kOther};
  expect_denied(of_root, PolicyType::kResource, false);
  of_root.set.resource = lets(R"({"AWS":"123456789012"})");
  EXPECT_TRUE(of_root.allowed());
}

TEST(Evaluate, root_needs_no_policy) { EXPECT_TRUE((Asking{.principal = root()}).allowed()); }

TEST(Evaluate, services_and_strangers_have_the_resource_policy_only) {
  Asking asking{.principal = service("s3.amazonaws.com"), .set = {.identity = {allow()}}};
  expect_denied(asking, PolicyType::kResource, false);
  asking.set.resource = lets(R"({"Service":"s3.amazonaws.com"})");
  EXPECT_TRUE(asking.allowed());
  asking.principal.service = "sns.amazonaws.com";
  EXPECT_FALSE(asking.allowed());
  Asking stranger{.principal = {}, .set = {.resource = lets(R"({"AWS":"123456789012"})")}};
  expect_denied(stranger, PolicyType::kResource, false);
  stranger.set.resource = lets(R"("*")");
  EXPECT_TRUE(stranger.allowed());
}

TEST(Evaluate, a_role_opens_to_those_its_trust_policy_grants) {
  Asking asking{.set = {.identity = {allow()}, .resource_decides = true}};
  asking.set.resource = lets(R"({"Service":"lambda.amazonaws.com"})");
  expect_denied(asking, PolicyType::kResource, false);
  asking.set.resource = lets(R"({"AWS":"123456789012"})");
  EXPECT_TRUE(asking.allowed());
  asking.set.identity.clear();
  expect_denied(asking, PolicyType::kIdentity, false);
}

TEST(Evaluate, a_federated_session_needs_a_session_policy) {
  Asking asking{.set = {.identity = {allow()}}};
  asking.principal.kind = Kind::kFederatedUser;
  expect_denied(asking, PolicyType::kSession, false);
  asking.set.session = {allow("s3:*")};
  asking.set.has_session = true;
  EXPECT_TRUE(asking.allowed());
}

TEST(Evaluate, without_a_resource_any_allowed_one_will_do) {
  Asking asking{.set = {.identity = {allow("s3:*", "arn:aws:s3:::b/*")}}, .resources = {}};
  EXPECT_TRUE(asking.allowed());
  asking.set.identity.push_back(
      policy(R"("Effect":"Deny","Action":"*","Resource":"arn:aws:s3:::b/secret")"));
  EXPECT_TRUE(asking.allowed());
  asking.set.identity.push_back(deny("s3:*"));
  EXPECT_FALSE(asking.allowed());
}

TEST(Evaluate, conditions_that_were_not_looked_at_do_not_count) {
  const auto on_put = policy(
      R"("Effect":"Allow","Action":"s3:Put*","Resource":"*","Condition":{"Bool":{"k":"true"}})");
  const Asking asking{.set = {.identity = {allow(), on_put}}};
  EXPECT_TRUE(asking.allowed());
  EXPECT_FALSE(asking.verdict().depends_on_request);
}

TEST(PrincipalMatch, not_principal_excepts_who_is_wholly_listed) {
  PrincipalElement element{.present = true, .inverted = true};
  element.aws = {"arn:aws:iam::123456789012:user/team/ana"};
  EXPECT_EQ(principal_match(element, true, user(), false), Named::kItself);
  element.aws.push_back("arn:aws:iam::123456789012:root");
  EXPECT_EQ(principal_match(element, true, user(), false), Named::kNo);
  EXPECT_EQ(principal_match(element, true, user(), true), Named::kItself);
  EXPECT_EQ(principal_match(element, true, session(), false), Named::kItself);
  element.aws = {kAccount, session().role_arn, session().arn};
  EXPECT_EQ(principal_match(element, true, session(), false), Named::kNo);
}

}  // namespace
}  // namespace kiln::iam
