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
