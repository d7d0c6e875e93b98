// SPDX-License-Identifier: Apache-2.0
#include "aws/arn.h"

#include <gtest/gtest.h>

namespace kiln::aws {
namespace {

TEST(Arn, KeepsColonsAndSlashesInTheResource) {
  auto arn = parse_arn("arn:aws:lambda:us-east-1:000000000000:function:f:1/x");
  ASSERT_TRUE(arn);
  EXPECT_EQ(arn->resource, "function:f:1/x");
  EXPECT_EQ(arn->text(), "arn:aws:lambda:us-east-1:000000000000:function:f:1/x");
}

TEST(Arn, RefusesFewerThanSixParts) {
  EXPECT_FALSE(parse_arn("arn:aws:lambda:us-east-1:000000000000"));
  EXPECT_FALSE(parse_arn("function:f"));
}

TEST(Arn, KnowsAccountIds) {
  EXPECT_TRUE(is_account_id("000000000000"));
  EXPECT_FALSE(is_account_id("00000000000a"));
  EXPECT_FALSE(is_account_id("1"));
}

}  // namespace
}  // namespace kiln::aws
