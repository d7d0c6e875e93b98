// SPDX-License-Identifier: Apache-2.0
#include "cli/host_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <sstream>
#include <string_view>
#include <utility>

namespace kiln::cli {
namespace {

class Findings {
 public:
  void good(std::string what) { add(Finding::Kind::kGood, std::move(what), ""); }
  void note(std::string what, std::string fix) {
    add(Finding::Kind::kNote, std::move(what), std::move(fix));
  }
  void lacks(std::string what, std::string fix) {
    add(Finding::Kind::kLacks, std::move(what), std::move(fix));
  }
  std::vector<Finding> take() { return std::move(all_); }

 private:
  void add(Finding::Kind kind, std::string what, std::string fix) {
    all_.push_back({kind, std::move(what), std::move(fix)});
  }
  std::vector<Finding> all_;
};

void check_kernel(const HostFacts& facts, Findings& findings) {
  int major = 0;
  int minor = 0;
  std::sscanf(facts.kernel.c_str(), "%d.%d", &major, &minor);
  const std::string kernel = "Linux " + facts.kernel + " on " + facts.machine;
  if (major > 6 || (major == 6 && minor >= 1)) {
    findings.good(kernel);
  } else {
    findings.lacks(kernel, "Kiln needs Linux 6.1 or newer, as in Debian 12.");
  }
}

void check_runtimes(const HostFacts& facts, Findings& findings) {
  if (facts.python) {
    findings.good("Python functions (kiln runtimes lists the versions)");
  } else {
    findings.lacks("no Python 3.9 or newer in /usr/bin or /usr/local/bin",
                   "apt-get install python3");
  }
  if (facts.nodejs) {
    findings.good("Node.js functions");
  } else {
    findings.lacks("no Node.js build", "tools/fetch_runtimes.sh 22");
  }
}

void check_root(const HostFacts& facts, Findings& findings) {
  if (!facts.root) {
    findings.note("isolation level root was not tried: this is not root",
                  "sudo kiln doctor; the server itself gives root up (--user)");
    return;
  }
  const std::string what = "isolation level root is not possible: " + facts.root_refusal;
  if (facts.cgroups.empty()) {
    findings.note(what,
                  "mount -t cgroup2 cgroup2 /sys/fs/cgroup; in a container: docker run "
                  "--privileged --cgroupns=host");
  } else if (facts.cgroups == "v1") {
    findings.note(what,
                  "boot with systemd.unified_cgroup_hierarchy=1 (cgroup v2), or: mkdir -p "
                  "/sys/fs/cgroup/unified && mount -t cgroup2 cgroup2 "
                  "/sys/fs/cgroup/unified");
  } else {
    findings.note(what, "in a container: docker run --privileged; in a unit: Delegate=yes");
  }
}

void check_userns(const HostFacts& facts, Findings& findings) {
  const std::string what = "isolation level userns is not possible: " + facts.userns_refusal;
  if (facts.unprivileged_userns_clone == "0") {
    findings.note(what, "sysctl -w kernel.unprivileged_userns_clone=1");
  } else if (facts.max_user_namespaces == "0") {
    findings.note(what, "sysctl -w user.max_user_namespaces=15000");
  } else if (facts.apparmor_restricts_userns == "1") {
    findings.note(what, "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0");
  } else {
    findings.note(what,
                  "in a container: docker run --security-opt seccomp=unconfined "
                  "--security-opt systempaths=unconfined");
  }
}

void check_level(const HostFacts& facts, Findings& findings) {
  const std::string level = strongest_level(facts);
  if (level != "root") check_root(facts, findings);
  if (level == "confined" || level == "none") check_userns(facts, findings);
  if (level == "none") {
    findings.note("isolation level confined is not possible: the kernel has no Landlock",
                  "boot with lsm=landlock,lockdown,yama,apparmor,bpf (what cat "
                  "/sys/kernel/security/lsm prints, with landlock before it)");
  }
  if (level == "root") {
    findings.good("isolation level: root");
  } else if (level == "userns") {
    findings.note("isolation level: userns",
                  "Memory, CPU and process limits are not enforced and "
                  "there is no way out to the network; root does.");
  } else if (level == "confined") {
    findings.note("isolation level: confined",
                  "kiln dev takes it; kiln serve needs --isolation confined. Functions share the "
                  "host's network and limits; they write to TMPDIR only.");
  } else {
    findings.note("isolation level: none",
                  "kiln dev takes it; kiln serve needs --isolation none. Functions run as the "
                  "server's user and see its files: run only code that you trust.");
  }
}

void check_cgroups(const HostFacts& facts, Findings& findings) {
  if (facts.cgroups == "v2" || facts.cgroups == "v1 hybrid") {
    findings.good("control groups: " + facts.cgroups);
  } else {
    findings.note(facts.cgroups.empty() ? "no control groups are mounted"
                                        : "control groups: version 1 without a unified hierarchy",
                  "Limits and freezing need cgroup v2: boot with "
                  "systemd.unified_cgroup_hierarchy=1");
  }
  if (facts.landlock > 0) findings.good(fmt::format("Landlock version {}", facts.landlock));
}

void check_tmp(const HostFacts& facts, Findings& findings) {
  if (!facts.loop_devices) {
    findings.note("no loop devices: /tmp of functions is in memory and counts as theirs",
                  "modprobe loop; in a container: docker run --device /dev/loop-control, or "
                  "--privileged");
  }
  if (!facts.mkfs_ext4) {
    findings.note("no mkfs.ext4: /tmp of functions is in memory and counts as theirs",
                  "apt-get install e2fsprogs");
  }
}

std::string allow_forwarding(const std::string& chain) {
  const std::string_view name = chain;
  if (name.find("firewalld") != std::string_view::npos) {
    return "firewall-cmd --permanent --zone=trusted --add-source=198.19.0.0/16 && firewall-cmd "
           "--reload";
  }
  std::string at = chain;
  if (const auto docker = at.find(" FORWARD (Docker's)"); docker != std::string::npos) {
    at = at.substr(0, docker) + " DOCKER-USER";
  }
  return fmt::format(
      "nft insert rule {} iifname '\"kiln*\"' accept; nft insert rule {} oifname '\"kiln*\"' ct "
      "state established,related accept",
      at, at);
}

void check_network(const HostFacts& facts, Findings& findings) {
  if (!facts.nft) {
    findings.note("no nft: functions have no way out to the network", "apt-get install nftables");
  }
  if (facts.ip_forward == "0") {
    findings.note("net.ipv4.ip_forward is 0",
                  "The launcher switches it on. To keep it: echo net.ipv4.ip_forward=1 "
                  ">/etc/sysctl.d/kiln.conf");
  }
  for (const std::string& chain : facts.forward_drops) {
    findings.note(
        "the chain " + chain + " drops forwarded packets: functions have no way out to the network",
        allow_forwarding(chain));
  }
  if (facts.legacy_forward_drops) {
    findings.note(
        "the chain FORWARD of iptables-legacy drops forwarded packets: functions have no way out "
        "to the network",
        "iptables-legacy -I FORWARD -i kiln+ -j ACCEPT; iptables-legacy -I FORWARD -o kiln+ -m "
        "conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT");
  }
  if (facts.nft && facts.forward_drops.empty() && !facts.legacy_forward_drops) {
    findings.good("functions reach the network");
  }
}

void check_room(const HostFacts& facts, Findings& findings) {
  if (facts.max_descriptors >= 65'536) {
    findings.good(fmt::format("{} file descriptors", facts.max_descriptors));
  } else {
    findings.note(fmt::format("only {} file descriptors: about {} environments at once",
                              facts.max_descriptors, facts.max_descriptors / 8),
                  "ulimit -n 65536, or LimitNOFILE=65536 in the service unit");
  }
  if (facts.free_mb >= 1024) {
    findings.good(fmt::format("{} MB free for state in this folder", facts.free_mb));
  } else {
    findings.note(fmt::format("only {} MB free in this folder", facts.free_mb),
                  "Give --data-dir a folder on a larger disk.");
  }
}

}  // namespace

std::string cgroup_mode(const std::string& mountinfo) {
  bool unified = false;
  bool old = false;
  std::istringstream lines(mountinfo);
  for (std::string line; std::getline(lines, line);) {
    const auto dash = line.find(" - ");
    if (dash == std::string::npos) continue;
    const std::string_view type = std::string_view(line).substr(dash + 3);
    unified = unified || type.starts_with("cgroup2 ");
    // The hierarchy of systemd's own has no controller.
    old = old || (type.starts_with("cgroup ") && type.find("name=") == std::string_view::npos);
  }
  if (unified) return old ? "v1 hybrid" : "v2";
  return old ? "v1" : "";
}

std::vector<std::string> drop_chains(const std::string& ruleset) {
  struct Table {
    std::vector<std::string> drops;
    bool out = false;  // there is a rule that lets environments out
    bool back = false;
    bool docker = false;
  };
  std::vector<std::pair<std::string, Table>> tables;
  std::string chain;
  std::istringstream lines(ruleset);
  for (std::string line; std::getline(lines, line);) {
    const auto has = [&](const char* text) { return line.find(text) != std::string::npos; };
    std::istringstream words(line);
    std::string first, family, name;
    words >> first;
    if (first == "table") {
      words >> family >> name;
      tables.emplace_back(family + " " + name, Table());
      continue;
    }
    if (first == "chain") words >> chain;
    if (first == "chain" && chain == "DOCKER-USER" && !tables.empty()) {
      tables.back().second.docker = true;
    }
    if (tables.empty()) continue;
    auto& [table_name, table] = tables.back();
    // firewalld accepts by policy and rejects by its last rule.
    const bool firewalld = table_name == "inet firewalld";
    if (has("hook forward") && (has("policy drop") || firewalld)) {
      table.drops.push_back(table_name + " " + chain);
    }
    table.out = table.out || (has("iifname \"kiln*\"") && has("accept")) ||
                (firewalld && has("198.19.0.0/16"));
    table.back = table.back || (has("oifname \"kiln*\"") && has("accept")) || firewalld;
  }
  std::vector<std::string> found;
  for (const auto& [name, table] : tables) {
    if (table.out && table.back) continue;
    for (const std::string& drop : table.drops) {
      found.push_back(table.docker && drop.ends_with(" FORWARD") ? drop + " (Docker's)" : drop);
    }
  }
  return found;
}

bool legacy_drops(const std::string& rules) {
  const auto has = [&](const char* text) { return rules.find(text) != std::string::npos; };
  return has("-P FORWARD DROP") && !(has("-A FORWARD -i kiln+ -j ACCEPT") && has("-o kiln+"));
}

std::string strongest_level(const HostFacts& facts) {
  if (facts.root && facts.root_refusal.empty()) return "root";
  if (facts.userns_refusal.empty()) return "userns";
  return facts.landlock > 0 ? "confined" : "none";
}

std::vector<Finding> diagnose(const HostFacts& facts) {
  Findings findings;
  check_kernel(facts, findings);
  check_runtimes(facts, findings);
  check_cgroups(facts, findings);
  check_level(facts, findings);
  if (strongest_level(facts) == "root") {
    check_tmp(facts, findings);
    check_network(facts, findings);
  }
  check_room(facts, findings);
  return findings.take();
}

}  // namespace kiln::cli
