// SPDX-License-Identifier: Apache-2.0
#pragma once
// Environments that reach listed networks only: a chain of the firewall for each list, in a table
// of this launcher's own, and the group of an interface, which picks the chain. An interface whose
// group has no chain reaches nothing.
//
// A process of its own does the work, because the firewall's program and the kernel's network lock
// take their time and the launcher waits for nobody. It ends when its channel closes.

#include "base/ipv4_network.h"
#include "base/result.h"
#include "launcher/restrict.h"
#include "os/fd.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace kiln::launcher {

// Runs nft on the rules.
Status run_nft(const std::string& rules);
// The rules and the end of the table of the launcher with this range of addresses.
std::string egress_table(std::uint32_t range);
std::string delete_egress_table(std::uint32_t range);

// Which chains there are: one for each list in use, those that nobody uses until their number is
// needed.
class EgressChains {
 public:
  static constexpr std::uint32_t kMaxChains = 256;
  struct Chain {
    std::uint32_t number = 0;  // from 1
    bool load = false;         // it is not known to be in the firewall
  };
  // Each is given back by release(). kLimitExceeded: all are in use.
  Result<Chain> take(const Ipv4Networks& networks);
  void loaded(std::uint32_t number);
  void release(std::uint32_t number);

 private:
  struct Use {
    std::uint32_t number = 0;
    int users = 0;
    bool loaded = false;
  };
  std::map<Ipv4Networks, Use>::iterator find(std::uint32_t number);
  std::map<Ipv4Networks, Use> chains_;
};

// To the helper: one interface.
struct Restriction {
  static constexpr Type kType = Type::kRestriction;
  std::uint32_t environment = 0;
  std::uint32_t chain = 0;
  bool load = false;
  std::string interface;
  std::vector<Network> networks;
  template <class A>
  void fields(A& a) {
    a(environment), a(chain), a(load), a(interface), a(networks);
  }
};
// Its answer; `problem` is empty when all is well.
struct Restricted {
  static constexpr Type kType = Type::kRestricted;
  std::uint32_t environment = 0;
  std::uint32_t chain = 0;
  std::string problem;
  template <class A>
  void fields(A& a) {
    a(environment), a(chain), a(problem);
  }
};

// The other end of its channel, non-blocking.
Result<Fd> start_egress_helper(std::uint32_t range);

}  // namespace kiln::launcher
