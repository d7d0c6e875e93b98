// SPDX-License-Identifier: Apache-2.0
#include "gen/sts/assume_role.h"
#include "gen/sts/decode_authorization_message.h"
#include "gen/sts/get_access_key_info.h"
#include "gen/sts/get_caller_identity.h"
#include "gen/sts/get_session_token.h"
#include "iam/credential_sources.h"
#include "iam/keys.h"
#include "iam/records.h"
#include "iam/test_store.h"
#include "iam/unique_id.h"
#include "services/sts/api/operations.h"

#include <gtest/gtest.h>

namespace kiln::sts_api {

extern const aws::Operation<gen::sts::AssumeRole, Service> kAssumeRole;
extern const aws::Operation<gen::sts::DecodeAuthorizationMessage, Service>
    kDecodeAuthorizationMessage;
extern const aws::Operation<gen::sts::GetAccessKeyInfo, Service> kGetAccessKeyInfo;
extern const aws::Operation<gen::sts::GetCallerIdentity, Service> kGetCallerIdentity;
extern const aws::Operation<gen::sts::GetSessionToken, Service> kGetSessionToken;

namespace {

using Kind = aws::Principal::Kind;
constexpr const char* kArn = "arn:aws:iam::123456789012:role/p/R";

class Sts : public testing::Test {
 protected:
  iam::TestStore t_;
  iam::SessionTokens tokens_{std::string(32, 'k'), t_.random};
  Service service_{t_.store(), tokens_};
  aws::RequestContext context_;

  void SetUp() override {
    context_.account = "123456789012";
    context_.now = t_.now;
    auto& p = context_.principal;
    p.kind = Kind::kUser;
    p.account = "123456789012";
    p.arn = "arn:aws:iam::123456789012:user/u";
    p.user_id = "AIDAX";
  }
  void put_role(std::string_view principal, std::int64_t max_session_seconds = 3'600) {
    iam::RoleRecord role;
    role.name = "R";
    role.path = "/p/";
    role.id = "AROAX";
    role.max_session_seconds = max_session_seconds;
    role.trust_policy = R"({"Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Principal":)" +
                        std::string(principal) + "}}";
    ASSERT_TRUE(t_.run(t_.store().commit(
        store::Batch().put(iam::keys::role("123456789012", "R"), iam::encode(role)))));
  }
  aws::ApiResult<gen::sts::AssumeRoleResponse> assume(gen::sts::AssumeRoleRequest in = {}) {
    if (!in.role_arn) in.role_arn = kArn;
    if (!in.role_session_name) in.role_session_name = "s";
    return t_.run(kAssumeRole.handle(service_, context_, std::move(in)));
  }
  std::string error_of(gen::sts::AssumeRoleRequest in = {}) {
    auto result = assume(std::move(in));
    return result ? "" : result.error().code + ": " + result.error().message;
  }
};

constexpr const char* kDenied =
    "AccessDenied: User: arn:aws:iam::123456789012:user/u is not authorized to perform: "
    "sts:AssumeRole on resource: arn:aws:iam::123456789012:role/p/R";

TEST_F(Sts, caller_identity_is_the_principal) {
  auto who = t_.run(kGetCallerIdentity.handle(service_, context_, {}));
  ASSERT_TRUE(who);
  EXPECT_EQ(who->arn, "arn:aws:iam::123456789012:user/u");
  EXPECT_EQ(who->user_id, "AIDAX");
  EXPECT_EQ(who->account, "123456789012");
  EXPECT_TRUE(kGetCallerIdentity.authorize(context_, {}).permissions.empty());
}

TEST_F(Sts, a_trusted_caller_gets_credentials_that_the_server_accepts) {
  put_role(R"({"AWS":"arn:aws:iam::123456789012:user/u"})");
  auto session = assume({.duration_seconds = 900});
  ASSERT_TRUE(session) << session.error().message;
  EXPECT_EQ(session->assumed_role_user->arn, "arn:aws:sts::123456789012:assumed-role/R/s");
  EXPECT_EQ(session->assumed_role_user->assumed_role_id, "AROAX:s");
  EXPECT_EQ(session->credentials->expiration, Timestamp{t_.now.ms + 900'000});
  EXPECT_FALSE(session->packed_policy_size);
  iam::StoreCredentialSource source(t_.store(), tokens_, t_.loop);
  auto found = t_.run(source.find(*session->credentials->access_key_id,
                                  *session->credentials->session_token, t_.now));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->secret_access_key, session->credentials->secret_access_key);
  EXPECT_EQ(found->principal.arn, "arn:aws:sts::123456789012:assumed-role/R/s");
  EXPECT_EQ(found->principal.role_arn, kArn);
}

TEST_F(Sts, missing_and_untrusting_roles_are_refused_alike) {
  EXPECT_EQ(error_of(), kDenied);
  put_role(R"({"Service":"lambda.amazonaws.com"})");
  EXPECT_EQ(error_of(), kDenied);
  put_role(R"({"AWS":"123456789012"})");
  EXPECT_EQ(error_of(), "");
}

TEST_F(Sts, dev_assumes_roles_that_do_not_exist) {
  service_.any_role = true;
  auto first = assume(), second = assume();
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->assumed_role_user->assumed_role_id, second->assumed_role_user->assumed_role_id);
  put_role(R"({"Service":"lambda.amazonaws.com"})");
  EXPECT_EQ(error_of(), kDenied);
}

TEST_F(Sts, durations_are_bounded) {
  put_role(R"("*")");
  EXPECT_EQ(error_of({.duration_seconds = 3'601}),
            "ValidationError: The requested DurationSeconds exceeds the MaxSessionDuration set for "
            "this role.");
  put_role(R"("*")", 43'200);
  EXPECT_EQ(error_of({.duration_seconds = 3'601}), "");
  context_.principal.kind = Kind::kAssumedRole;
  EXPECT_EQ(error_of({.duration_seconds = 3'601}),
            "ValidationError: The requested DurationSeconds exceeds the 1 hour session limit for "
            "roles assumed by role chaining.");
}

TEST_F(Sts, input_is_checked) {
  EXPECT_EQ(error_of({.role_arn = "arn:aws:iam::123456789012:user/u"}),
            "ValidationError: arn:aws:iam::123456789012:user/u is invalid");
  EXPECT_EQ(error_of({.policy = "x"}), "MalformedPolicyDocument: Syntax errors in policy.");
  put_role(R"("*")");
  const std::string policy =
      R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}})";
  auto session = assume({.policy = policy, .source_identity = "me"});
  ASSERT_TRUE(session);
  EXPECT_EQ(session->packed_policy_size, 3);
  EXPECT_EQ(session->source_identity, "me");
  EXPECT_EQ(tokens_.open(*session->credentials->session_token)->claims.session_policies,
            std::vector<std::string>{policy});
}

TEST_F(Sts, sessions_carry_policies_and_tags) {
  put_role(R"("*")");
  auto session = assume({.policy_arns = {{{.arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"}}},
                         .tags = {{{.key = "Team", .value = "a"}, {.key = "unit", .value = "b"}}},
                         .transitive_tag_keys = {{"UNIT"}}});
  ASSERT_TRUE(session) << session.error().message;
  const auto claims = tokens_.open(*session->credentials->session_token)->claims;
  EXPECT_EQ(claims.session_policy_arns,
            std::vector<std::string>{"arn:aws:iam::aws:policy/ReadOnlyAccess"});
  EXPECT_EQ(claims.session_tags.at("Team"), "a");
  EXPECT_EQ(claims.transitive_tag_keys, std::vector<std::string>{"unit"});
  EXPECT_EQ(claims.issued, t_.now);
  EXPECT_EQ(error_of({.policy_arns = {{{.arn = "arn:aws:iam::aws:policy/None"}}}}),
            "ValidationError: Policy arn:aws:iam::aws:policy/None was not found.");
  EXPECT_EQ(error_of({.policy_arns = {{{.arn = "arn:aws:iam::999999999999:policy/p"}}}}),
            "ValidationError: ARN arn:aws:iam::999999999999:policy/p is not valid.");
}

TEST_F(Sts, bad_tags_are_refused) {
  put_role(R"("*")");
  EXPECT_EQ(error_of({.tags = {{{.key = "a", .value = "1"}, {.key = "A", .value = "2"}}}}),
            "InvalidParameterValue: Duplicate tag keys found. Please note that Tag keys are case "
            "insensitive.");
  EXPECT_EQ(error_of({.tags = {{{.key = "aws:a", .value = "1"}}}}),
            "InvalidParameterValue: Tag keys that begin with 'aws:' are reserved for system use: "
            "aws:a");
  EXPECT_EQ(error_of({.transitive_tag_keys = {{"a"}}}),
            "InvalidParameterValue: The specified transitive tag key must be included in the "
            "requested tags.");
  std::vector<gen::sts::Tag> many;
  for (int i = 0; i < 50; ++i) {
    many.push_back({.key = std::to_string(i), .value = std::string(200, 'v')});
  }
  EXPECT_TRUE(error_of({.tags = many}).starts_with("PackedPolicyTooLarge: "));
}

TEST_F(Sts, a_chain_of_roles_hands_on_tags_and_source_identity) {
  put_role(R"("*")");
  auto& caller = context_.principal;
  caller.kind = Kind::kAssumedRole;
  caller.session_tags = {{"unit", "b"}, {"own", "c"}};
  caller.transitive_tag_keys = {"unit"};
  caller.source_identity = "me";
  auto session = assume({.tags = {{{.key = "more", .value = "d"}}}});
  ASSERT_TRUE(session);
  EXPECT_EQ(session->source_identity, "me");
  const auto claims = tokens_.open(*session->credentials->session_token)->claims;
  EXPECT_EQ(claims.session_tags,
            (std::map<std::string, std::string>{{"more", "d"}, {"unit", "b"}}));
  EXPECT_EQ(claims.transitive_tag_keys, std::vector<std::string>{"unit"});
  EXPECT_TRUE(error_of({.tags = {{{.key = "Unit", .value = "x"}}}})
                  .starts_with("InvalidParameterValue: One of the specified transitive tag keys"));
  EXPECT_EQ(error_of({.source_identity = "other"}),
            "AccessDenied: User: arn:aws:iam::123456789012:user/u is not authorized to perform: "
            "sts:SetSourceIdentity on resource: arn:aws:iam::123456789012:role/p/R");
}

TEST_F(Sts, tags_and_source_identity_are_asked_for_on_their_own) {
  const auto asked = kAssumeRole.authorize(
      context_,
      {.role_arn = kArn, .tags = {{{.key = "a", .value = "1"}}}, .source_identity = "me"});
  ASSERT_EQ(asked.permissions.size(), 3u);
  EXPECT_EQ(asked.permissions[0].action, "sts:AssumeRole");
  EXPECT_EQ(asked.permissions[1].action, "sts:TagSession");
  EXPECT_EQ(asked.permissions[1].condition_keys.at("aws:RequestTag/a").front(), "1");
  EXPECT_EQ(asked.permissions[2].action, "sts:SetSourceIdentity");
}

TEST_F(Sts, session_tokens_are_for_long_term_keys) {
  auto made = t_.run(kGetSessionToken.handle(service_, context_, {}));
  ASSERT_TRUE(made);
  EXPECT_EQ(made->credentials->expiration, Timestamp{t_.now.ms + 43'200'000});
  EXPECT_EQ(tokens_.open(*made->credentials->session_token)->claims.user_id, "AIDAX");
  context_.principal.kind = Kind::kRoot;
  made = t_.run(kGetSessionToken.handle(service_, context_, {}));
  ASSERT_TRUE(made);
  EXPECT_EQ(made->credentials->expiration, Timestamp{t_.now.ms + 3'600'000});
  EXPECT_EQ(tokens_.open(*made->credentials->session_token)->claims.user_id, "");
  context_.principal.token_issued = t_.now;
  made = t_.run(kGetSessionToken.handle(service_, context_, {}));
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().message, "Cannot call GetSessionToken with session credentials");
}

TEST_F(Sts, a_key_tells_its_account) {
  const auto key = iam::unique_id("AKIA", "123456789012", t_.random);
  auto info = t_.run(kGetAccessKeyInfo.handle(service_, context_, {.access_key_id = key}));
  ASSERT_TRUE(info);
  EXPECT_EQ(info->account, "123456789012");
  EXPECT_FALSE(
      t_.run(kGetAccessKeyInfo.handle(service_, context_, {.access_key_id = "nothing-of-ours!"})));
  auto decoded = t_.run(kDecodeAuthorizationMessage.handle(service_, context_, {}));
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().code, "InvalidAuthorizationMessageException");
}

TEST_F(Sts, operations_are_registered) {
  aws::Registry registry;
  register_operations(registry, service_);
  EXPECT_EQ(registry.size(), 5u);
}

}  // namespace
}  // namespace kiln::sts_api
