// SPDX-License-Identifier: Apache-2.0
#include "iam/records.h"

#include <gtest/gtest.h>

namespace kiln::iam {
namespace {

TEST(Records, roles_survive_encoding) {
  RoleRecord r;
  r.name = "R";
  r.path = "/a/";
  r.id = "AROAX";
  r.created = {42};
  r.trust_policy = "{}";
  r.description = "d";
  r.max_session_seconds = 7200;
  r.tags = {{"k", "v"}};
  r.attached = {"arn:1", "arn:2"};
  r.inlines = {{"p", 17}};
  auto back = decode_role(encode(r));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->arn("123456789012"), "arn:aws:iam::123456789012:role/a/R");
  EXPECT_EQ(back->id, r.id);
  EXPECT_EQ(back->created, r.created);
  EXPECT_EQ(back->max_session_seconds, 7200);
  EXPECT_EQ(back->tags, r.tags);
  EXPECT_EQ(back->attached, r.attached);
  ASSERT_EQ(back->inlines.size(), 1u);
  EXPECT_EQ(back->inlines[0].name, "p");
  EXPECT_EQ(back->inlines[0].size, 17);
}

TEST(Records, users_groups_and_profiles_survive_encoding) {
  UserRecord user;
  user.name = "U";
  user.path = "/a/";
  user.id = "AIDAX";
  user.created = {42};
  user.permissions_boundary = "arn:b";
  user.tags = {{"k", "v"}};
  user.attached = {"arn:1"};
  user.inlines = {{"p", 17}};
  user.groups = {"AGPAX"};
  auto back = decode_user(encode(user));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->arn("1"), "arn:aws:iam::1:user/a/U");
  EXPECT_EQ(back->permissions_boundary, "arn:b");
  EXPECT_EQ(back->groups, user.groups);
  EXPECT_EQ(back->inlines[0].size, 17);
  GroupRecord group;
  group.name = "G";
  group.attached = {"arn:1"};
  EXPECT_EQ(decode_group(encode(group))->arn("1"), "arn:aws:iam::1:group/G");
  InstanceProfileRecord profile;
  profile.name = "P";
  profile.role = "R";
  auto profile_back = decode_instance_profile(encode(profile));
  ASSERT_TRUE(profile_back);
  EXPECT_EQ(profile_back->arn("1"), "arn:aws:iam::1:instance-profile/P");
  EXPECT_EQ(profile_back->role, "R");
}

// Values of the first release end before the fields that came later.
TEST(Records, shorter_records_of_an_older_release_are_read) {
  RoleRecord role;
  role.name = "R";
  const std::string bytes = encode(role);
  auto back = decode_role(std::string_view(bytes).substr(0, bytes.size() - 8));
  ASSERT_TRUE(back);
  EXPECT_TRUE(back->instance_profiles.empty());
}

TEST(Records, policies_survive_encoding) {
  PolicyRecord r;
  r.name = "P";
  r.versions = {{1, {10}}, {3, {30}}};
  r.default_version = 3;
  r.last_version = 3;
  r.attachments = 2;
  auto back = decode_policy(encode(r));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->arn("1"), "arn:aws:iam::1:policy/P");
  ASSERT_EQ(back->versions.size(), 2u);
  EXPECT_EQ(back->versions[1].number, 3);
  EXPECT_EQ(back->versions[1].created, Timestamp{30});
  EXPECT_EQ(back->attachments, 2);
}

TEST(Records, damaged_bytes_are_refused_without_harm) {
  RoleRecord r;
  r.tags = {{"key", "value"}};
  r.inlines = {{"p", 1}};
  const std::string good = encode(r);
  EXPECT_FALSE(decode_role(""));
  EXPECT_FALSE(decode_role("\x07" + good.substr(1)));
  for (std::size_t i = 1; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = '\xff';
    (void)decode_role(bad);
    (void)decode_role(good.substr(0, i));
  }
}

}  // namespace
}  // namespace kiln::iam
