// SPDX-License-Identifier: Apache-2.0
#include "iam/store_principal_policies.h"

#include "iam/keys.h"
#include "iam/test_store.h"

#include <gtest/gtest.h>

namespace kiln::iam {
namespace {

constexpr const char* kAccount = "123456789012";
constexpr const char* kAdmin = "arn:aws:iam::aws:policy/AdministratorAccess";

class UserGrants : public testing::Test {
 protected:
  TestStore t_;
  StorePrincipalPolicies policies_{t_.store()};
  UserRecord user_;
  GroupRecord group_;

  void SetUp() override {
    user_.name = "U";
    user_.id = "AIDAX";
    user_.inlines = {{"own", 2}};
    user_.permissions_boundary = kAdmin;
    user_.tags = {{"team", "a"}};
    user_.groups = {"AGPAX", "AGPAGONE"};
    group_.name = "G";
    group_.id = "AGPAX";
    group_.inlines = {{"shared", 2}};
    group_.attached = {kAdmin};
    store::Batch batch;
    batch.put(keys::user(kAccount, "U"), encode(user_));
    batch.put(keys::name_of_id(kAccount, "AIDAX"), "u");
    batch.put(keys::inline_policy(kAccount, "AIDAX", "own"), "{}");
    batch.put(keys::group(kAccount, "G"), encode(group_));
    batch.put(keys::name_of_id(kAccount, "AGPAX"), "g");
    batch.put(keys::inline_policy(kAccount, "AGPAX", "shared"), "[]");
    ASSERT_TRUE(t_.run(t_.store().commit(std::move(batch))));
  }
  aws::Principal principal(std::string id) {
    aws::Principal out;
    out.kind = aws::Principal::Kind::kUser;
    out.account = kAccount;
    out.user_id = std::move(id);
    return out;
  }
};

TEST_F(UserGrants, are_its_own_and_those_of_its_groups) {
  const auto found = t_.run(policies_.find(principal("AIDAX")));
  ASSERT_TRUE(found && *found);
  const auto& grants = **found;
  ASSERT_EQ(grants.identity.size(), 3u);
  EXPECT_EQ(grants.identity[0].name, "own");
  EXPECT_EQ(grants.identity[0].text, "{}");
  EXPECT_EQ(grants.identity[1].name, "shared");
  EXPECT_EQ(grants.identity[1].text, "[]");
  EXPECT_EQ(grants.identity[2].arn, kAdmin);
  ASSERT_TRUE(grants.boundary);
  EXPECT_EQ(grants.boundary->arn, kAdmin);
  EXPECT_EQ(grants.tags.at("team"), "a");
}

TEST_F(UserGrants, end_with_the_user) {
  const auto found = t_.run(policies_.find(principal("AIDAOTHER")));
  ASSERT_TRUE(found);
  EXPECT_FALSE(*found);
}

}  // namespace
}  // namespace kiln::iam
