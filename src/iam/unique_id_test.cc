// SPDX-License-Identifier: Apache-2.0
#include "iam/unique_id.h"

#include <gtest/gtest.h>

namespace kiln::iam {
namespace {

TEST(UniqueId, carries_its_account) {
  SeededRandom random(1);
  for (const char* account : {"000000000000", "123456789012", "999999999999", "000000000001"}) {
    const auto role = unique_id("AROA", account, random);
    EXPECT_EQ(role.size(), 21u);
    EXPECT_EQ(account_of_id(role), account);
    const auto key = unique_id("AKIA", account, random);
    EXPECT_EQ(key.size(), 20u);
    EXPECT_EQ(account_of_id(key), account);
    EXPECT_NE(unique_id("AROA", account, random), role);
  }
}

// The published example of the encoding.
TEST(UniqueId, reads_awss_ids) { EXPECT_EQ(account_of_id("ASIAQNZGKIQY56JQ7WML"), "029608264753"); }

TEST(UniqueId, other_texts_hold_no_account) {
  EXPECT_FALSE(account_of_id("AKIA"));
  EXPECT_FALSE(account_of_id("akiaaaaaaaaaaaaaaaaa"));
}

}  // namespace
}  // namespace kiln::iam
