// SPDX-License-Identifier: Apache-2.0
#include "cli/host_checks.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace kiln::cli {
namespace {

HostFacts good_host() {
  HostFacts facts;
  facts.kernel = "6.1.0-18-amd64";
  facts.machine = "x86_64";
  facts.root = facts.loop_devices = facts.mkfs_ext4 = facts.nft = true;
  facts.python = facts.nodejs = true;
  facts.cgroups = "v2";
  facts.landlock = 2;
  facts.ip_forward = "1";
  facts.max_descriptors = 1 << 20;
  facts.free_mb = 100'000;
  return facts;
}

// The advice beside what contains `text`; "" when nothing does.
std::string fix_of(const HostFacts& facts, const std::string& text) {
  for (const Finding& each : diagnose(facts)) {
    if (each.what.find(text) != std::string::npos) return each.fix.empty() ? "none" : each.fix;
  }
  return "";
}

TEST(HostChecks, AGoodHostHasNothingToFix) {
  for (const Finding& each : diagnose(good_host())) {
    EXPECT_EQ(each.kind, Finding::Kind::kGood) << each.what;
  }
  EXPECT_EQ(fix_of(good_host(), "isolation level: root"), "none");
}

TEST(HostChecks, TheStrongestLevelIsFound) {
  HostFacts facts = good_host();
  EXPECT_EQ(strongest_level(facts), "root");
  facts.root_refusal = "no";
  EXPECT_EQ(strongest_level(facts), "userns");
  facts.userns_refusal = "no";
  EXPECT_EQ(strongest_level(facts), "confined");
  facts.landlock = 0;
  EXPECT_EQ(strongest_level(facts), "none");
  facts = good_host();
  facts.root = false;
  EXPECT_EQ(strongest_level(facts), "userns");
}

TEST(HostChecks, EveryStrongerLevelIsExplained) {
  HostFacts facts = good_host();
  facts.root_refusal = facts.userns_refusal = "unshare: EPERM";
  facts.landlock = 0;
  for (const char* level : {"level root is not possible: unshare: EPERM",
                            "level userns is not possible: unshare: EPERM",
                            "level confined is not possible", "isolation level: none"}) {
    EXPECT_GT(fix_of(facts, level).size(), 4U) << level;
  }
  facts.root = false;
  EXPECT_NE(fix_of(facts, "level root was not tried").find("sudo"), std::string::npos);
}

TEST(HostChecks, TheSwitchThatForbidsUserNamespacesIsNamed) {
  HostFacts facts = good_host();
  facts.root = false;
  facts.userns_refusal = "no";
  const auto fix = [&] { return fix_of(facts, "level userns is not possible"); };
  facts.apparmor_restricts_userns = "1";
  EXPECT_EQ(fix(), "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0");
  facts.max_user_namespaces = "0";
  EXPECT_EQ(fix(), "sysctl -w user.max_user_namespaces=15000");
  facts.unprivileged_userns_clone = "0";
  EXPECT_EQ(fix(), "sysctl -w kernel.unprivileged_userns_clone=1");
}

TEST(HostChecks, ToolsThatAreMissingHaveAPackage) {
  HostFacts facts = good_host();
  facts.loop_devices = facts.mkfs_ext4 = facts.nft = false;
  facts.ip_forward = "0";
  EXPECT_EQ(fix_of(facts, "no mkfs.ext4"), "apt-get install e2fsprogs");
  EXPECT_EQ(fix_of(facts, "no nft"), "apt-get install nftables");
  EXPECT_NE(fix_of(facts, "no loop devices").find("modprobe loop"), std::string::npos);
  EXPECT_NE(fix_of(facts, "ip_forward is 0").find("sysctl.d"), std::string::npos);
}

TEST(HostChecks, OldKernelsAndMissingRuntimesStopFunctions) {
  HostFacts facts = good_host();
  facts.kernel = "5.15.0";
  facts.python = facts.nodejs = false;
  const auto findings = diagnose(facts);
  EXPECT_EQ(std::ranges::count(findings, Finding::Kind::kLacks, &Finding::kind), 3);
}

TEST(HostChecks, ModesOfControlGroupsAreTold) {
  const std::string unified = "30 24 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
  const std::string memory = "31 24 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n";
  const std::string named = "32 24 0:28 / /sys/fs/cgroup/systemd rw - cgroup c rw,name=systemd\n";
  EXPECT_EQ(cgroup_mode(unified), "v2");
  EXPECT_EQ(cgroup_mode(unified + named), "v2");
  EXPECT_EQ(cgroup_mode(unified + memory), "v1 hybrid");
  EXPECT_EQ(cgroup_mode(memory), "v1");
  EXPECT_EQ(cgroup_mode("1 2 0:3 / / rw - ext4 /dev/vda rw\n"), "");
}

TEST(HostChecks, ChainsThatDropForwardedPacketsAreFoundAndOpened) {
  HostFacts facts = good_host();
  facts.forward_drops = drop_chains(R"(table ip filter {
	chain INPUT {
		type filter hook input priority filter; policy drop;
	}
	chain FORWARD {
		type filter hook forward priority filter; policy drop;
	}
	chain DOCKER-USER {
	}
}
table inet own {
	chain fwd {
		type filter hook forward priority filter; policy drop;
	}
}
table inet firewalld {
	chain filter_FORWARD {
		type filter hook forward priority filter + 10; policy accept;
	}
}
table inet kiln {
	chain forward {
		type filter hook forward priority filter - 10; policy accept;
	}
})");
  EXPECT_EQ(facts.forward_drops,
            (std::vector<std::string>{"ip filter FORWARD (Docker's)", "inet own fwd",
                                      "inet firewalld filter_FORWARD"}));
  EXPECT_NE(
      fix_of(facts, "ip filter FORWARD").find("nft insert rule ip filter DOCKER-USER iifname"),
      std::string::npos);
  EXPECT_NE(fix_of(facts, "inet own fwd").find("nft insert rule inet own fwd oifname"),
            std::string::npos);
  EXPECT_NE(fix_of(facts, "firewalld").find("--add-source=198.19.0.0/16"), std::string::npos);
}

TEST(HostChecks, ChainsThatWereOpenedAreFine) {
  const std::string docker = R"(table ip filter {
	chain DOCKER-USER {
		%s
	}
	chain FORWARD {
		type filter hook forward priority filter; policy drop;
		counter packets 0 bytes 0 jump DOCKER-USER
	}
})";
  const auto drops = [&](const std::string& rules) {
    std::string text = docker;
    return drop_chains(text.replace(text.find("%s"), 2, rules)).size();
  };
  EXPECT_EQ(drops("iifname \"docker0\" accept"), 1U);
  // Replies have to come back, too.
  EXPECT_EQ(drops("iifname \"kiln*\" counter packets 1 bytes 2 accept"), 1U);
  EXPECT_EQ(drops("oifname \"kiln*\" ct state established,related accept\n"
                  "iifname \"kiln*\" counter packets 1 bytes 2 accept"),
            0U);
  EXPECT_TRUE(drop_chains(R"(table inet firewalld {
	chain filter_FORWARD {
		type filter hook forward priority filter + 10; policy accept;
	}
	chain filter_FORWARD_ZONES {
		ip saddr 198.19.0.0/16 goto filter_FWD_trusted
	}
})")
                  .empty());
}

TEST(HostChecks, RulesOfTheOldTablesAreLookedAt) {
  EXPECT_FALSE(legacy_drops("-P FORWARD ACCEPT\n"));
  EXPECT_TRUE(legacy_drops("-P FORWARD DROP\n-A FORWARD -j DOCKER-USER\n"));
  EXPECT_FALSE(
      legacy_drops("-P FORWARD DROP\n"
                   "-A FORWARD -o kiln+ -m conntrack --ctstate RELATED -j ACCEPT\n"
                   "-A FORWARD -i kiln+ -j ACCEPT\n"));
  HostFacts facts = good_host();
  facts.legacy_forward_drops = true;
  EXPECT_NE(fix_of(facts, "iptables-legacy").find("-i kiln+ -j ACCEPT"), std::string::npos);
}

}  // namespace
}  // namespace kiln::cli
