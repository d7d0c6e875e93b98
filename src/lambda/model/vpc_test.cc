// SPDX-License-Identifier: Apache-2.0
#include "lambda/model/vpc.h"

#include <gtest/gtest.h>

namespace kiln::lambda {
namespace {

constexpr const char* kFile = R"({
  "vpc-1": {
    "subnets": {"subnet-nat": "all", "subnet-private": ["10.0.0.0/8", "192.168.7.0/24"],
                "subnet-dark": "none"},
    "security_groups": {"sg-open": "all", "sg-db": ["10.1.0.0/16"], "sg-web": ["192.168.0.0/16"],
                        "sg-closed": []}
  },
  "vpc-2": {"subnets": {"subnet-2": ["0.0.0.0/0"]}, "security_groups": {"sg-2": "all"}}
})";

VpcDirectory directory(EgressAbilities abilities = {.level = "root"}) {
  auto parsed = VpcDirectory::parse(kFile);
  EXPECT_TRUE(parsed.has_value()) << parsed.error().message;
  parsed->set_abilities(std::move(abilities));
  return *parsed;
}

using Ids = std::vector<std::string>;

gen::lambda::VpcConfig wanted(Ids subnets, Ids security_groups) {
  gen::lambda::VpcConfig config;
  config.subnet_ids = std::move(subnets);
  config.security_group_ids = std::move(security_groups);
  return config;
}

// "all", the networks in order, or the error's code.
std::string reached(Ids subnets, Ids security_groups) {
  const VpcDirectory vpcs = directory();
  const auto vpc = vpcs.decide({}, wanted(std::move(subnets), std::move(security_groups)));
  if (!vpc) return vpc.error().message;
  const auto egress = vpcs.egress(*vpc);
  if (!egress) return egress.error().code;
  if (!*egress) return "all";
  std::string text;
  for (const auto& each : **egress) text += (text.empty() ? "" : " ") + to_text(each);
  return text;
}

TEST(VpcDirectory, AFunctionReachesWhatASubnetAndAGroupLetThrough) {
  EXPECT_EQ(reached({"subnet-nat"}, {"sg-open"}), "all");
  EXPECT_EQ(reached({"subnet-2"}, {"sg-2"}), "all");
  EXPECT_EQ(reached({"subnet-nat"}, {"sg-db"}), "10.1.0.0/16");
  EXPECT_EQ(reached({"subnet-nat"}, {"sg-db", "sg-web"}), "10.1.0.0/16 192.168.0.0/16");
  EXPECT_EQ(reached({"subnet-private"}, {"sg-open"}), "10.0.0.0/8 192.168.7.0/24");
  EXPECT_EQ(reached({"subnet-private"}, {"sg-web"}), "192.168.7.0/24");
  EXPECT_EQ(reached({"subnet-private", "subnet-nat"}, {"sg-web"}), "192.168.0.0/16");
  EXPECT_EQ(reached({"subnet-dark"}, {"sg-open"}), "");
  EXPECT_EQ(reached({"subnet-nat"}, {"sg-closed"}), "");
}

TEST(VpcDirectory, RefusesIdsWithAwsWords) {
  EXPECT_EQ(reached({"subnet-9"}, {"sg-open"}),
            "Error occurred while DescribeSubnets. EC2 Error Code: InvalidSubnetID.NotFound. EC2 "
            "Error Message: The subnet ID 'subnet-9' does not exist");
  EXPECT_EQ(reached({"subnet-nat"}, {"sg-9"}),
            "Error occurred while DescribeSecurityGroups. EC2 Error Code: InvalidGroup.NotFound. "
            "EC2 Error Message: The security group 'sg-9' does not exist");
  EXPECT_EQ(reached({"subnet-nat"}, {"sg-2"}),
            "Security Groups are required to be in the same VPC.");
  EXPECT_EQ(reached({"subnet-nat"}, {}),
            "SubnetIds and SecurityIds must coexist or be both empty list.");
  auto six = wanted({"subnet-nat"}, {"sg-open"});
  six.ipv6_allowed_for_dual_stack = true;
  EXPECT_FALSE(directory().decide({}, six).has_value());
}

TEST(VpcDirectory, EmptyListsLeaveTheVpcAndAbsentOnesChangeNothing) {
  const VpcDirectory vpcs = directory();
  const auto in = vpcs.decide({}, wanted({"subnet-dark"}, {"sg-db"}));
  ASSERT_TRUE(in.has_value());
  EXPECT_EQ((*in)->vpc_id, "vpc-1");
  const auto same = vpcs.decide(*in, {});
  ASSERT_TRUE(same.has_value());
  EXPECT_EQ((*same)->subnet_ids, Ids{"subnet-dark"});
  const auto left = vpcs.decide(*in, wanted({}, {}));
  ASSERT_TRUE(left.has_value());
  EXPECT_EQ((*left)->vpc_id, "");
  EXPECT_FALSE(vpcs.egress(*left)->has_value());
}

TEST(VpcDirectory, WhatTheLevelCannotDoIsRefusedAtOnceAndAtTheStart) {
  const struct {
    EgressAbilities abilities;
    bool dark, some, all;
  } cases[] = {{{.reaches = true, .restricts = false, .level = "confined"}, false, false, true},
               {{.reaches = false, .restricts = true, .level = "userns"}, true, false, false}};
  for (const auto& each : cases) {
    const VpcDirectory vpcs = directory(each.abilities);
    const auto possible = [&](const char* subnet) {
      const auto config = wanted({subnet}, {"sg-open"});
      const auto decided = vpcs.decide({}, config);
      const auto before = *directory().decide({}, config);
      EXPECT_EQ(vpcs.egress(before).has_value(), decided.has_value()) << subnet;
      if (!decided) {
        EXPECT_NE(decided.error().message.find("'" + each.abilities.level + "'"),
                  std::string::npos);
        EXPECT_EQ(vpcs.egress(before).error().http_status, 502);
      }
      return decided.has_value();
    };
    EXPECT_EQ(possible("subnet-dark"), each.dark) << each.abilities.level;
    EXPECT_EQ(possible("subnet-private"), each.some) << each.abilities.level;
    EXPECT_EQ(possible("subnet-nat"), each.all) << each.abilities.level;
  }
}

TEST(VpcDirectory, AnIdThatHasGoneSinceEndsInAwsOwnError) {
  const Vpc vpc{{"subnet-nat"}, {"sg-open"}, "vpc-1"};
  EXPECT_EQ(VpcDirectory().egress(vpc).error().code, "InvalidSubnetIDException");
  auto only = VpcDirectory::parse(R"({"vpc-1": {"subnets": {"subnet-nat": "all"}}})");
  ASSERT_TRUE(only.has_value());
  EXPECT_EQ(only->egress(vpc).error().code, "InvalidSecurityGroupIDException");
}

TEST(VpcDirectory, NamesWhatIsWrongInTheFile) {
  const struct {
    const char* text;
    const char* named;
  } cases[] = {
      {"[]", "the file"},
      {"{", "the file"},
      {R"({"x": {}})", "vpc-"},
      {R"({"vpc-1": {"subnet": {}}})", "vpc-1.subnet"},
      {R"({"vpc-1": {"subnets": {"sg-1": "all"}}})", "sg-1"},
      {R"({"vpc-1": {"subnets": {"subnet-1": "some"}}})", "vpc-1.subnets.subnet-1"},
      {R"({"vpc-1": {"subnets": {"subnet-1": ["10.0.0.1/8"]}}})", "10.0.0.1/8"},
      {R"({"vpc-1": {"subnets": {"subnet-1": ["::/0"]}}})", "::/0"},
      {R"({"vpc-1": {"subnets": {"subnet-1": "all"}}, "vpc-2": {"subnets": {"subnet-1": "all"}}})",
       "twice"},
  };
  for (const auto& each : cases) {
    const auto parsed = VpcDirectory::parse(each.text);
    ASSERT_FALSE(parsed.has_value()) << each.text;
    EXPECT_NE(parsed.error().message.find(each.named), std::string::npos) << parsed.error().message;
  }
}

}  // namespace
}  // namespace kiln::lambda
