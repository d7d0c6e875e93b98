// SPDX-License-Identifier: Apache-2.0
#pragma once
// A request of protocol.h: what an environment reaches in the network.

#include "base/ipv4_network.h"
#include "launcher/protocol.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace kiln::launcher {

inline constexpr std::size_t kMaxNetworks = 256;

struct Network : Ipv4Network {
  template <class A>
  void fields(A& a) {
    a(address), a(prefix);
  }
};

// What the environment reaches from now on beside its listeners: these networks, less what nobody
// reaches (the host, other environments, link-local addresses). None: nothing. Once, and answered
// before tenant code is started. After a failure: Destroy.
struct Restrict {
  static constexpr Type kType = Type::kRestrict;
  std::uint32_t environment = 0;
  std::vector<Network> networks;  // as Ipv4Networks; at most kMaxNetworks
  template <class A>
  void fields(A& a) {
    a(environment), a(networks);
  }
};

Status check(const Restrict& restrict);

}  // namespace kiln::launcher
