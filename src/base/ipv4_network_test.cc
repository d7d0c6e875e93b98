// SPDX-License-Identifier: Apache-2.0
#include "base/ipv4_network.h"

#include <gtest/gtest.h>

namespace kiln {
namespace {

Ipv4Networks networks(std::initializer_list<const char*> texts) {
  Ipv4Networks out;
  for (const char* text : texts) out.push_back(parse_ipv4_network(text).value());
  return out;
}

TEST(Ipv4Network, ReadsAndWritesCidrNotation) {
  for (const char* text : {"0.0.0.0/0", "10.0.0.0/8", "192.168.1.7/32", "255.255.255.255/32"}) {
    const auto network = parse_ipv4_network(text);
    ASSERT_TRUE(network) << text;
    EXPECT_EQ(to_text(*network), text);
  }
  EXPECT_EQ(to_text(parse_ipv4_network("10.1.2.3").value()), "10.1.2.3/32");
}

TEST(Ipv4Network, RefusesWhatIsNoNetwork) {
  for (const char* text : {"", "10", "10.0.0", "10.0.0.0/33", "10.0.0.0/", "10.0.0.256",
                           "1.2.3.4.5", "10.0.0.1/8", "-1.0.0.0", "010.0.0.0", "10.0.0.0/8 ",
                           "a.b.c.d", "::/0", "10.0.0.0/8/8", "99999999999.0.0.0"}) {
    EXPECT_FALSE(parse_ipv4_network(text)) << text;
  }
}

TEST(Ipv4Network, AUnionHasNothingTwice) {
  const auto all = unite(networks({"10.1.0.0/16", "192.168.0.0/24", "10.0.0.0/8"}),
                         networks({"10.0.0.0/8", "10.255.255.255", "9.0.0.0/8"}));
  EXPECT_EQ(all, networks({"9.0.0.0/8", "10.0.0.0/8", "192.168.0.0/24"}));
  EXPECT_TRUE(is_normal(all));
}

TEST(Ipv4Network, AnIntersectionIsWhatBothHold) {
  const auto a = networks({"10.0.0.0/8", "192.168.1.0/24"});
  EXPECT_EQ(intersect(a, networks({"10.1.0.0/16", "172.16.0.0/12", "192.168.0.0/16"})),
            networks({"10.1.0.0/16", "192.168.1.0/24"}));
  EXPECT_EQ(intersect(a, networks({"0.0.0.0/0"})), a);
  EXPECT_TRUE(intersect(a, {}).empty());
}

TEST(Ipv4Network, OnlySortedNetworksThatAreApartAreNormal) {
  EXPECT_TRUE(is_normal({}));
  EXPECT_FALSE(is_normal(networks({"10.0.0.0/8", "10.1.0.0/16"})));
  EXPECT_FALSE(is_normal(networks({"11.0.0.0/8", "10.0.0.0/8"})));
  EXPECT_FALSE(is_normal({{.address = 1, .prefix = 8}}));
  EXPECT_FALSE(is_normal({{.address = 0, .prefix = 33}}));
}

}  // namespace
}  // namespace kiln
