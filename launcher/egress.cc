// SPDX-License-Identifier: Apache-2.0
#include "launcher/egress.h"

#include "os/netlink.h"
#include "os/packet_socket.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <optional>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace kiln::launcher {
namespace {

// Groups of interfaces from here on are ours; 0 is everybody's.
constexpr std::uint32_t kFirstGroup = 0x6b690000;
constexpr int kHelperChannel = 3;

std::string table_name(std::uint32_t range) { return "inet kiln_egress_" + std::to_string(range); }

// In one transaction, so that the chain is never half a list.
std::string chain_rules(std::uint32_t range, const Restriction& restriction) {
  const std::string chain = table_name(range) + " p" + std::to_string(restriction.chain);
  std::string rules = "add chain " + chain + "\nflush chain " + chain + "\n";
  std::string list;
  for (const Network& each : restriction.networks) {
    list += (list.empty() ? "" : ", ") + to_text(each);
  }
  if (!list.empty()) rules += "add rule " + chain + " ip daddr { " + list + " } accept\n";
  // A connection is refused at once; the ICMP answer would end it after its first repetition.
  rules += "add rule " + chain + " meta l4proto tcp reject with tcp reset\n";
  rules += "add rule " + chain + " reject with icmp type admin-prohibited\n";
  rules += "add element " + table_name(range) + " policies { " +
           std::to_string(kFirstGroup + restriction.chain) + " : goto p" +
           std::to_string(restriction.chain) + " }\n";
  return rules;
}

Status apply(std::uint32_t range, const Restriction& restriction) {
  if (restriction.load) {
    KILN_TRY_VOID(run_nft(chain_rules(range, restriction)));
  }
  KILN_TRY(Netlink host, Netlink::open());
  KILN_TRY(const int interface, host.interface_index(restriction.interface));
  return host.set_group(interface, kFirstGroup + restriction.chain);
}

[[noreturn]] void serve(std::uint32_t range) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  prctl(PR_SET_NAME, "kiln-egress");
  for (;;) {
    const auto packet = receive_packet(kHelperChannel);
    if (!packet) _exit(0);
    const auto restriction = decode<Restriction>(packet->bytes);
    if (!restriction) _exit(1);
    const auto applied = apply(range, *restriction);
    const Restricted answer{restriction->environment, restriction->chain,
                            applied ? "" : applied.error().message};
    if (!send_packet(kHelperChannel, encode(answer))) _exit(0);
  }
}

}  // namespace

Status run_nft(const std::string& rules) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return fail_errno("pipe2", "", errno);
  const Fd input(ends[0]);
  Fd output(ends[1]);
  const pid_t pid = fork();
  if (pid < 0) return fail_errno("fork", "nft", errno);
  if (pid == 0) {
    dup2(input.get(), 0);
    close_range(3, ~0U, 0);
    execl("/usr/sbin/nft", "nft", "-f", "-", static_cast<char*>(nullptr));
    _exit(127);
  }
  if (write(output.get(), rules.data(), rules.size()) < 0) return fail_errno("write", "nft", errno);
  output.reset();
  int status = 0;
  if (waitpid(pid, &status, 0) < 0) return fail_errno("waitpid", "nft", errno);
  if (status == 0) return {};
  return fail(ErrorCode::kIo, "nft -f ended with status " + std::to_string(WEXITSTATUS(status)));
}

// Before the table of all launchers (priority -10), which decides on what passes here.
std::string egress_table(std::uint32_t range) {
  const std::string name = "table " + table_name(range);
  const std::string ours = "iifname \"kiln" + std::to_string(range) + "-*\" iifgroup";
  return delete_egress_table(range) + name + " {\n" +
         "  map policies { type devgroup : verdict; }\n" +
         "  chain forward {\n    type filter hook forward priority -11; policy accept;\n" + "    " +
         ours + " vmap @policies\n    " + ours + " != 0 drop\n  }\n}\n";
}

// Also one that is not there.
std::string delete_egress_table(std::uint32_t range) {
  const std::string name = "table " + table_name(range);
  return name + " {}\ndelete " + name + "\n";
}

Result<Fd> start_egress_helper(std::uint32_t range) {
  KILN_TRY(auto ends, packet_pair());
  const pid_t pid = fork();
  if (pid < 0) return fail_errno("fork", "egress helper", errno);
  if (pid == 0) {
    // Nothing of the launcher's but the channel.
    if (dup2(ends.second.get(), kHelperChannel) < 0) _exit(1);
    close_range(kHelperChannel + 1, ~0U, 0);
    fcntl(kHelperChannel, F_SETFL, 0);
    serve(range);
  }
  fcntl(ends.first.get(), F_SETFL, O_NONBLOCK);
  return std::move(ends.first);
}

std::map<Ipv4Networks, EgressChains::Use>::iterator EgressChains::find(std::uint32_t number) {
  return std::ranges::find_if(chains_, [&](const auto& e) { return e.second.number == number; });
}

Result<EgressChains::Chain> EgressChains::take(const Ipv4Networks& networks) {
  auto at = chains_.find(networks);
  if (at == chains_.end()) {
    std::uint32_t number = static_cast<std::uint32_t>(chains_.size()) + 1;
    if (number > kMaxChains) {
      const auto unused =
          std::ranges::find_if(chains_, [](const auto& e) { return e.second.users == 0; });
      if (unused == chains_.end()) {
        return fail(ErrorCode::kLimitExceeded,
                    std::to_string(kMaxChains) + " different lists of networks are in use");
      }
      number = unused->second.number;
      chains_.erase(unused);
    }
    at = chains_.emplace(networks, Use{number, 0, false}).first;
  }
  ++at->second.users;
  return Chain{at->second.number, !at->second.loaded};
}

void EgressChains::loaded(std::uint32_t number) {
  if (const auto at = find(number); at != chains_.end()) at->second.loaded = true;
}

void EgressChains::release(std::uint32_t number) {
  if (const auto at = find(number); at != chains_.end()) --at->second.users;
}

}  // namespace kiln::launcher
