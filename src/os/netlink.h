// SPDX-License-Identifier: Apache-2.0
#pragma once
// Network interfaces, addresses and routes over rtnetlink; IPv4 only.
// A Netlink acts on the network namespace in which it was opened, whoever holds it.
// Errors name the request and the interface.

#include "base/result.h"
#include "os/fd.h"

#include <cstdint>
#include <string>

namespace kiln {

struct Ipv4 {
  std::uint32_t value = 0;  // host byte order
};
constexpr Ipv4 ipv4(unsigned a, unsigned b, unsigned c, unsigned d) {
  return Ipv4{a << 24 | b << 16 | c << 8 | d};
}

class Netlink {
 public:
  static Result<Netlink> open();
  explicit Netlink(Fd socket) : socket_(std::move(socket)) {}
  int fd() const { return socket_.get(); }

  // A pair: `name` here, `peer` in the namespace behind the descriptor. kConflict: `name` is taken.
  Status make_veth(const std::string& name, const std::string& peer, int peer_namespace);
  Result<int> interface_index(const std::string& name);
  Status set_up(int interface);
  // What rules of the firewall know it by; 0 at first.
  Status set_group(int interface, std::uint32_t group);
  // An address of one host, without a subnet.
  Status add_address(int interface, Ipv4 address);
  Status add_host_route(int interface, Ipv4 destination);
  Status add_default_route(int interface, Ipv4 gateway);

 private:
  Result<int> exchange(std::string& request, const char* what);
  Status change(std::string& request, const char* what);
  Fd socket_;
  std::uint32_t sequence_ = 0;
};

}  // namespace kiln
