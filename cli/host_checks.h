// SPDX-License-Identifier: Apache-2.0
#pragma once
// What `kiln doctor` finds out about a host and what it concludes from that. The conclusions are
// pure, so that hosts that nobody has at hand are tested too.

#include <string>
#include <vector>

namespace kiln::cli {

struct HostFacts {
  std::string kernel;  // "6.1.0-18-amd64"
  std::string machine;
  bool root = false;
  // "v2", "v1 hybrid", "v1" (no unified hierarchy) or "" (none mounted), see cgroup_mode().
  std::string cgroups;
  int landlock = 0;  // the kernel's version of it; 0: none
  // Why the launcher does not start at these levels; empty: it does. A level that was not tried
  // ("userns" where root works) has an empty reason.
  std::string root_refusal;
  std::string userns_refusal;
  // Contents of the switches that forbid user namespaces; empty: there is no such switch.
  std::string unprivileged_userns_clone;
  std::string max_user_namespaces;
  std::string apparmor_restricts_userns;
  bool loop_devices = false;
  bool mkfs_ext4 = false;
  bool nft = false;
  std::string ip_forward;  // "0", "1"
  // Chains that drop what is forwarded, as drop_chains() gives them.
  std::vector<std::string> forward_drops;
  bool legacy_forward_drops = false;  // rules that nft does not see
  unsigned long max_descriptors = 0;
  unsigned long free_mb = 0;
  bool python = false;
  bool nodejs = false;
};

struct Finding {
  enum class Kind { kGood, kNote, kLacks };  // kLacks: functions do not run
  Kind kind;
  std::string what;
  std::string fix;  // a command, or a sentence; empty for kGood
};

// From the text of /proc/self/mountinfo.
std::string cgroup_mode(const std::string& mountinfo);
// "ip filter FORWARD" for each chain of `nft list ruleset` with a forward hook that drops by policy
// or is firewalld's ("ip filter FORWARD (Docker's)" where Docker manages it), unless its table lets
// the interfaces or addresses of environments through.
std::vector<std::string> drop_chains(const std::string& ruleset);
// Whether the chain of `iptables-legacy -S FORWARD` drops what environments send.
bool legacy_drops(const std::string& rules);
// The strongest level of the facts: "root", "userns", "confined", "none".
std::string strongest_level(const HostFacts& facts);
// In the order in which they are to be read.
std::vector<Finding> diagnose(const HostFacts& facts);

}  // namespace kiln::cli
