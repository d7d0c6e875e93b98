// SPDX-License-Identifier: Apache-2.0
#include "iam/credential_sources.h"

#include "iam/keys.h"
#include "iam/records.h"
#include "iam/test_store.h"
#include "iam/unique_id.h"

#include <gtest/gtest.h>

namespace kiln::iam {
namespace {

using Kind = aws::Principal::Kind;

class CredentialSources : public testing::Test {
 protected:
  TestStore t_;
  SessionTokens tokens_{std::string(32, 'k'), t_.random};
  StoreCredentialSource serve_{t_.store(), tokens_, t_.loop};
  DevCredentialSource dev_{t_.store(), tokens_, t_.loop};

  static constexpr const char* kAccount = "123456789012";

  SessionClaims claims() {
    return {kAccount, "arn:aws:iam::123456789012:role/p/r", "AROAX", "session", {"{}"}};
  }
  void put(std::string key, std::string value) {
    ASSERT_TRUE(t_.run(t_.store().commit(store::Batch().put(std::move(key), std::move(value)))));
  }
  void put_role(std::string id) {
    RoleRecord role;
    role.name = "r";
    role.path = "/p/";
    role.id = std::move(id);
    put(keys::role(kAccount, "r"), encode(role));
  }
  auto use(const TemporaryCredentials& credentials) {
    return t_.run(serve_.find(credentials.access_key_id, credentials.session_token, t_.now));
  }
};

TEST_F(CredentialSources, dev_takes_test_and_any_account_number) {
  auto found = t_.run(dev_.find("test", "", t_.now));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->secret_access_key, "test");
  EXPECT_EQ(found->principal.account, "000000000000");
  EXPECT_EQ(found->principal.arn, "arn:aws:iam::000000000000:root");
  found = t_.run(dev_.find("111122223333", "test", t_.now));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->principal.account, "111122223333");
  EXPECT_FALSE(t_.run(dev_.find("1111222233334", "", t_.now)));
}

TEST_F(CredentialSources, serve_refuses_well_known_keys) {
  for (const char* key : {"test", "111122223333", "AKIAIOSFODNN7EXAMPLE"}) {
    auto found = t_.run(serve_.find(key, "", t_.now));
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error(), CredentialFailure::kUnknownKey);
  }
}

TEST_F(CredentialSources, administrator_key_is_made_once) {
  auto made = t_.run(ensure_administrator_key(t_.store(), t_.random, "123456789012", t_.now));
  ASSERT_TRUE(made && *made);
  const AccessKey key = **made;
  made = t_.run(ensure_administrator_key(t_.store(), t_.random, "123456789012", t_.now));
  ASSERT_TRUE(made);
  EXPECT_FALSE(*made);
  auto found = t_.run(serve_.find(key.access_key_id, "", t_.now));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->secret_access_key, key.secret_access_key);
  EXPECT_EQ(found->principal.kind, Kind::kRoot);
  EXPECT_EQ(found->principal.access_key_id, key.access_key_id);
}

TEST_F(CredentialSources, a_deactivated_key_stops_working) {
  auto key = t_.run(create_root_key(t_.store(), t_.random, "123456789012", t_.now));
  ASSERT_TRUE(key);
  ASSERT_TRUE(t_.run(serve_.find(key->access_key_id, "", t_.now)));
  AccessKeyRecord record;
  record.account = "123456789012";
  record.secret = key->secret_access_key;
  record.active = false;
  store::Batch batch;
  batch.put(keys::access_key(key->access_key_id), encode(record));
  ASSERT_TRUE(t_.run(t_.store().commit(std::move(batch))));
  // The watch's call was posted by the commit; a further turn of the loop lets it run.
  ASSERT_TRUE(t_.run(t_.store().read("x")));
  ASSERT_TRUE(t_.run(t_.store().commit(store::Batch().put("x", "y"))));
  EXPECT_FALSE(t_.run(serve_.find(key->access_key_id, "", t_.now)));
}

TEST_F(CredentialSources, a_users_key_is_its_user) {
  AccessKeyRecord record;
  record.account = kAccount;
  record.secret = "s";
  record.user_name = "u";
  record.user_path = "/team/";
  record.user_id = "AIDAX";
  put(keys::access_key("AKIAUSERUSERUSERUSER"), encode(record));
  auto found = t_.run(serve_.find("AKIAUSERUSERUSERUSER", "", t_.now));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->principal.kind, Kind::kUser);
  EXPECT_EQ(found->principal.arn, "arn:aws:iam::123456789012:user/team/u");
  EXPECT_EQ(found->principal.user_id, "AIDAX");
}

TEST_F(CredentialSources, sessions_end_with_their_role) {
  const auto issued = tokens_.issue(claims(), {t_.now.ms + 1000});
  EXPECT_FALSE(use(issued));
  put_role("AROAX");
  EXPECT_TRUE(use(issued));
  put_role("AROAMADEAGAIN");
  auto found = use(issued);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error(), CredentialFailure::kBadToken);
}

TEST_F(CredentialSources, dev_takes_sessions_of_roles_that_do_not_exist) {
  auto stand_in = claims();
  stand_in.role_id = stand_in_role_id(stand_in.role_arn, kAccount);
  const auto issued = tokens_.issue(stand_in, {t_.now.ms + 1000});
  EXPECT_TRUE(t_.run(dev_.find(issued.access_key_id, issued.session_token, t_.now)));
  EXPECT_FALSE(use(issued));
}

TEST_F(CredentialSources, sessions_of_users_and_root_are_theirs) {
  SessionClaims claims;
  claims.account = kAccount;
  claims.issued = t_.now;
  auto found = use(tokens_.issue(claims, {t_.now.ms + 1000}));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->principal.kind, Kind::kRoot);
  EXPECT_EQ(found->principal.token_issued, t_.now);
  claims.user_id = "AIDAX";
  const auto issued = tokens_.issue(claims, {t_.now.ms + 1000});
  EXPECT_FALSE(use(issued));
  UserRecord user;
  user.name = "U";
  user.id = "AIDAX";
  put(keys::user(kAccount, "U"), encode(user));
  put(keys::name_of_id(kAccount, "AIDAX"), "u");
  found = use(issued);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->principal.kind, Kind::kUser);
  EXPECT_EQ(found->principal.arn, "arn:aws:iam::123456789012:user/U");
  EXPECT_EQ(found->principal.user_id, "AIDAX");
}

TEST_F(CredentialSources, sessions_carry_what_they_were_given) {
  put_role("AROAX");
  auto given = claims();
  given.session_policy_arns = {"arn:aws:iam::aws:policy/ReadOnlyAccess"};
  given.session_tags = {{"team", "a"}, {"unit", "b"}};
  given.transitive_tag_keys = {"unit"};
  given.source_identity = "me";
  given.issued = t_.now;
  auto found = use(tokens_.issue(given, {t_.now.ms + 1000}));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->principal.session_policy_arns, given.session_policy_arns);
  EXPECT_EQ(found->principal.session_tags, given.session_tags);
  EXPECT_EQ(found->principal.transitive_tag_keys, given.transitive_tag_keys);
  EXPECT_EQ(found->principal.source_identity, "me");
  EXPECT_EQ(found->principal.token_issued, t_.now);
}

TEST_F(CredentialSources, session_tokens_open_to_the_roles_session) {
  put_role("AROAX");
  const auto issued = tokens_.issue(claims(), {t_.now.ms + 1000});
  EXPECT_TRUE(issued.access_key_id.starts_with("ASIA"));
  EXPECT_EQ(issued.secret_access_key.size(), 40u);
  auto found = t_.run(serve_.find(issued.access_key_id, issued.session_token, t_.now));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->secret_access_key, issued.secret_access_key);
  EXPECT_EQ(found->principal.kind, Kind::kAssumedRole);
  EXPECT_EQ(found->principal.arn, "arn:aws:sts::123456789012:assumed-role/r/session");
  EXPECT_EQ(found->principal.user_id, "AROAX:session");
  EXPECT_EQ(found->principal.role_arn, "arn:aws:iam::123456789012:role/p/r");
  EXPECT_EQ(found->principal.session_policies, std::vector<std::string>{"{}"});
}

TEST_F(CredentialSources, bad_and_expired_tokens_are_told_apart) {
  const auto issued = tokens_.issue(claims(), {t_.now.ms + 1000});
  auto found = t_.run(serve_.find(issued.access_key_id, issued.session_token, {t_.now.ms + 1000}));
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error(), CredentialFailure::kExpired);
  found = t_.run(serve_.find("ASIAOTHERKEY12345678", issued.session_token, t_.now));
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error(), CredentialFailure::kBadToken);
  auto changed = issued.session_token;
  changed[20] = changed[20] == 'A' ? 'B' : 'A';
  found = t_.run(dev_.find(issued.access_key_id, changed, t_.now));
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error(), CredentialFailure::kBadToken);
  found = t_.run(serve_.find(issued.access_key_id, "", t_.now));
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error(), CredentialFailure::kUnknownKey);
  const SessionTokens other(std::string(32, 'o'), t_.random);
  EXPECT_FALSE(other.open(issued.session_token));
}

TEST_F(CredentialSources, server_key_is_kept) {
  auto first = t_.run(load_or_create_server_key(t_.store(), t_.random));
  auto second = t_.run(load_or_create_server_key(t_.store(), t_.random));
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->size(), 32u);
  EXPECT_EQ(*first, *second);
}

}  // namespace
}  // namespace kiln::iam
