// SPDX-License-Identifier: Apache-2.0
#include "invoke/lineage.h"

#include <gtest/gtest.h>

namespace kiln::invoke {
namespace {

constexpr std::string_view kA = "arn:aws:lambda:us-east-1:123456789012:function:a";
constexpr std::string_view kB = "arn:aws:lambda:us-east-1:123456789012:function:b";

TEST(Lineage, CountsEachFunctionOfAChain) {
  std::string header = "Root=1-5e1b4151-5ac6c58d3b1c5b6e7f8a9b0c;Sampled=1";
  EXPECT_EQ(hops_of(header, kA), 0);
  for (int i = 0; i < 3; ++i) header = with_hop(with_hop(header, kA), kB);
  header = with_hop(header, kA);
  EXPECT_EQ(hops_of(header, kA), 4);
  EXPECT_EQ(hops_of(header, kB), 3);
  EXPECT_TRUE(header.starts_with("Root=1-5e1b4151-5ac6c58d3b1c5b6e7f8a9b0c;Sampled=1;Lineage="));
}

TEST(Lineage, ToleratesWhatClientsSend) {
  for (const std::string header : {"Lineage=", "Lineage=x", "Lineage=|:|a:b|c:-1", "Lineage", ""}) {
    EXPECT_EQ(hops_of(header, kA), 0);
    EXPECT_EQ(hops_of(with_hop(header, kA), kA), 1);
  }
}

TEST(Lineage, IsBounded) {
  std::string header;
  for (int i = 0; i < 200; ++i) header = with_hop(header, "arn:" + std::to_string(i));
  EXPECT_LT(header.size(), 600U);
  EXPECT_EQ(hops_of(header, "arn:199"), 1);
  EXPECT_EQ(hops_of(header, "arn:0"), 0);
}

}  // namespace
}  // namespace kiln::invoke
