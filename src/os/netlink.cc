// SPDX-License-Identifier: Apache-2.0
#include "os/netlink.h"

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace kiln {
namespace {

constexpr int kTimeoutS = 10;

template <class T>
void append(std::string& message, const T& value) {
  message.append(reinterpret_cast<const char*>(&value), sizeof value);
  message.resize(NLMSG_ALIGN(message.size()), '\0');
}

template <class Body>
std::string request(unsigned short type, unsigned short flags, const Body& body) {
  std::string message;
  nlmsghdr head{};
  head.nlmsg_type = type;
  head.nlmsg_flags = static_cast<unsigned short>(NLM_F_REQUEST | NLM_F_ACK | flags);
  append(message, head);
  append(message, body);
  return message;
}

std::size_t open_attribute(std::string& message, unsigned short type) {
  const std::size_t at = message.size();
  append(message, rtattr{0, type});
  return at;
}

void close_attribute(std::string& message, std::size_t at, std::size_t unpadded_size) {
  const auto size = static_cast<unsigned short>(unpadded_size - at);
  std::memcpy(message.data() + at, &size, sizeof size);
}

void close_attribute(std::string& message, std::size_t at) {
  close_attribute(message, at, message.size());
}

void attribute(std::string& message, unsigned short type, const void* data, std::size_t size) {
  const std::size_t at = open_attribute(message, type);
  message.append(static_cast<const char*>(data), size);
  const std::size_t end = message.size();
  message.resize(NLMSG_ALIGN(end), '\0');
  close_attribute(message, at, end);
}

void address_attribute(std::string& message, unsigned short type, Ipv4 address) {
  const std::uint32_t wire = htonl(address.value);
  attribute(message, type, &wire, sizeof wire);
}

void name_attribute(std::string& message, const std::string& name) {
  attribute(message, IFLA_IFNAME, name.c_str(), name.size() + 1);
}

}  // namespace

Result<Netlink> Netlink::open() {
  Fd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!socket) return fail_errno("socket(AF_NETLINK)", "", errno);
  const timeval limit{kTimeoutS, 0};
  setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  return Netlink(std::move(socket));
}

// Sends and waits for the acknowledgement. The value is the interface of an answer, or 0.
Result<int> Netlink::exchange(std::string& request, const char* what) {
  auto* head = reinterpret_cast<nlmsghdr*>(request.data());
  head->nlmsg_len = static_cast<__u32>(request.size());
  head->nlmsg_seq = ++sequence_;
  if (send(socket_.get(), request.data(), request.size(), 0) < 0) {
    return fail_errno("netlink send", what, errno);
  }
  int interface = 0;
  for (;;) {
    alignas(nlmsghdr) std::array<char, 16384> answer;
    const auto size = recv(socket_.get(), answer.data(), answer.size(), 0);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return fail_errno("netlink receive", what, errno);
    auto left = static_cast<unsigned>(size);
    for (auto* each = reinterpret_cast<nlmsghdr*>(answer.data()); NLMSG_OK(each, left);
         each = NLMSG_NEXT(each, left)) {
      if (each->nlmsg_seq != sequence_) continue;
      if (each->nlmsg_type == RTM_NEWLINK) {
        interface = static_cast<ifinfomsg*>(NLMSG_DATA(each))->ifi_index;
      }
      if (each->nlmsg_type != NLMSG_ERROR) continue;
      const int error = static_cast<nlmsgerr*>(NLMSG_DATA(each))->error;
      if (error == -EEXIST) {
        return fail(ErrorCode::kConflict, std::string("netlink ") + what + ": it exists already");
      }
      if (error != 0) return fail_errno("netlink", what, -error);
      return interface;
    }
  }
}

Status Netlink::change(std::string& request, const char* what) {
  KILN_TRY(const int ignored, exchange(request, what));
  (void)ignored;
  return {};
}

Status Netlink::make_veth(const std::string& name, const std::string& peer, int peer_namespace) {
  auto message = request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, ifinfomsg{});
  name_attribute(message, name);
  const auto info = open_attribute(message, IFLA_LINKINFO);
  attribute(message, IFLA_INFO_KIND, "veth", 4);
  const auto data = open_attribute(message, IFLA_INFO_DATA);
  const auto other = open_attribute(message, VETH_INFO_PEER);
  append(message, ifinfomsg{});
  name_attribute(message, peer);
  attribute(message, IFLA_NET_NS_FD, &peer_namespace, sizeof peer_namespace);
  close_attribute(message, other);
  close_attribute(message, data);
  close_attribute(message, info);
  return change(message, ("make veth " + name).c_str());
}

Result<int> Netlink::interface_index(const std::string& name) {
  auto message = request(RTM_GETLINK, 0, ifinfomsg{});
  name_attribute(message, name);
  return exchange(message, ("find interface " + name).c_str());
}

Status Netlink::set_up(int interface) {
  ifinfomsg body{};
  body.ifi_index = interface;
  body.ifi_flags = IFF_UP;
  body.ifi_change = IFF_UP;
  auto message = request(RTM_NEWLINK, 0, body);
  return change(message, "set interface up");
}

Status Netlink::set_group(int interface, std::uint32_t group) {
  ifinfomsg body{};
  body.ifi_index = interface;
  auto message = request(RTM_SETLINK, 0, body);
  attribute(message, IFLA_GROUP, &group, sizeof group);
  return change(message, "set interface group");
}

Status Netlink::add_address(int interface, Ipv4 address) {
  ifaddrmsg body{};
  body.ifa_family = AF_INET;
  body.ifa_prefixlen = 32;
  body.ifa_index = static_cast<unsigned>(interface);
  auto message = request(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, body);
  address_attribute(message, IFA_LOCAL, address);
  address_attribute(message, IFA_ADDRESS, address);
  return change(message, "add address");
}

Status Netlink::add_host_route(int interface, Ipv4 destination) {
  rtmsg body{};
  body.rtm_family = AF_INET;
  body.rtm_dst_len = 32;
  body.rtm_table = RT_TABLE_MAIN;
  body.rtm_protocol = RTPROT_STATIC;
  body.rtm_scope = RT_SCOPE_LINK;
  body.rtm_type = RTN_UNICAST;
  auto message = request(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, body);
  address_attribute(message, RTA_DST, destination);
  attribute(message, RTA_OIF, &interface, sizeof interface);
  return change(message, "add host route");
}

Status Netlink::add_default_route(int interface, Ipv4 gateway) {
  rtmsg body{};
  body.rtm_family = AF_INET;
  body.rtm_table = RT_TABLE_MAIN;
  body.rtm_protocol = RTPROT_STATIC;
  body.rtm_scope = RT_SCOPE_UNIVERSE;
  body.rtm_type = RTN_UNICAST;
  auto message = request(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, body);
  address_attribute(message, RTA_GATEWAY, gateway);
  attribute(message, RTA_OIF, &interface, sizeof interface);
  return change(message, "add default route");
}

}  // namespace kiln
