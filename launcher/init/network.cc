// SPDX-License-Identifier: Apache-2.0
// The network of an environment: loopback with Kiln's address on it, the listeners, and with egress
// one end of a veth pair that is routed, not bridged.
#include "launcher/init/build.h"
#include "os/files.h"
#include "os/netlink.h"

#include <arpa/inet.h>
#include <cerrno>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace kiln::launcher {
namespace {

constexpr Ipv4 kLoopback = ipv4(127, 0, 0, 1);
constexpr Ipv4 kKiln = ipv4(169, 254, 100, 1);
// The host's end of every pair; each environment sees only its own.
constexpr Ipv4 kGateway = ipv4(169, 254, 100, 2);
constexpr int kLoopbackIndex = 1;
constexpr int kBacklog = 1024;

Result<Fd> listener(Ipv4 address, std::uint16_t port, int type) {
  const std::string name =
      std::string(address.value == kLoopback.value ? "127.0.0.1" : "169.254.100.1") + ":" +
      std::to_string(port);
  Fd fd(socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return fail_errno("socket", name, errno);
  sockaddr_in place{};
  place.sin_family = AF_INET;
  place.sin_port = htons(port);
  place.sin_addr.s_addr = htonl(address.value);
  if (bind(fd.get(), reinterpret_cast<sockaddr*>(&place), sizeof place) != 0) {
    return fail_errno("bind", name, errno);
  }
  if (type == SOCK_STREAM && listen(fd.get(), kBacklog) != 0) {
    return fail_errno("listen", name, errno);
  }
  return fd;
}

// The kernel removes the interface of an ended environment some time after its end, and a launcher
// that was started again may come upon its name.
Status make_pair(Netlink& host, const std::string& name, int own_namespace) {
  constexpr int kAttempts = 200;
  constexpr useconds_t kPauseUs = 5000;
  for (int attempt = 0;; ++attempt) {
    auto made = host.make_veth(name, "eth0", own_namespace);
    if (made || made.error().code != ErrorCode::kConflict || attempt == kAttempts) return made;
    usleep(kPauseUs);
  }
}

}  // namespace

Status build_network(const Setup& setup, Fd host_netlink) {
  KILN_TRY(Netlink inside, Netlink::open());
  KILN_TRY_VOID(inside.set_up(kLoopbackIndex));
  KILN_TRY_VOID(inside.add_address(kLoopbackIndex, kKiln));
  if (!host_netlink) return {};

  const Ipv4 address{setup.address};
  Netlink host(std::move(host_netlink));
  KILN_TRY(const Fd own, open_file("/proc/self/ns/net", O_RDONLY));
  KILN_TRY_VOID(make_pair(host, setup.host_interface, own.get()));
  KILN_TRY(const int outer, host.interface_index(setup.host_interface));
  KILN_TRY_VOID(host.set_up(outer));
  KILN_TRY_VOID(host.add_address(outer, kGateway));
  KILN_TRY_VOID(host.add_host_route(outer, address));

  KILN_TRY(const int inner, inside.interface_index("eth0"));
  KILN_TRY_VOID(inside.set_up(inner));
  KILN_TRY_VOID(inside.add_address(inner, address));
  KILN_TRY_VOID(inside.add_host_route(inner, kGateway));
  return inside.add_default_route(inner, kGateway);
}

Result<std::vector<Fd>> open_listeners() {
  std::vector<Fd> listeners;
  KILN_TRY(Fd runtime_api, listener(kLoopback, 9001, SOCK_STREAM));
  listeners.push_back(std::move(runtime_api));
  KILN_TRY(Fd endpoint, listener(kKiln, 4566, SOCK_STREAM));
  listeners.push_back(std::move(endpoint));
  KILN_TRY(Fd names, listener(kKiln, 53, SOCK_DGRAM));
  listeners.push_back(std::move(names));
  return listeners;
}

Result<Fd> connect_inside(std::uint16_t port) {
  const std::string name = "127.0.0.1:" + std::to_string(port);
  Fd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return fail_errno("socket", name, errno);
  sockaddr_in place{};
  place.sin_family = AF_INET;
  place.sin_port = htons(port);
  place.sin_addr.s_addr = htonl(kLoopback.value);
  if (connect(fd.get(), reinterpret_cast<sockaddr*>(&place), sizeof place) == 0) return fd;
  int error = errno;
  // On loopback the answer is there at once, unless the listener's queue is full.
  pollfd answer{fd.get(), POLLOUT, 0};
  if (error == EINPROGRESS) {
    error = 0;
    socklen_t size = sizeof error;
    if (poll(&answer, 1, 0) > 0) getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  }
  if (error != 0) return fail_errno("connect", name, error);
  return fd;
}

}  // namespace kiln::launcher
