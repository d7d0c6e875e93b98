// SPDX-License-Identifier: Apache-2.0
#include "os/packet_socket.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <sys/uio.h>

namespace kiln {
namespace {

constexpr std::size_t kControlBytes = CMSG_SPACE(kMaxPacketDescriptors * sizeof(int));

void set_buffer(int socket) {
  // Room for a few of the largest packets; the privileged form is refused to plain users.
  const int bytes = static_cast<int>(4 * kMaxPacketBytes);
  if (setsockopt(socket, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes) != 0) {
    setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
  }
}

}  // namespace

Result<std::pair<Fd, Fd>> packet_pair() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    return fail_errno("socketpair", "", errno);
  }
  set_buffer(ends[0]);
  set_buffer(ends[1]);
  return std::pair(Fd(ends[0]), Fd(ends[1]));
}

Status send_packet(int socket, std::string_view bytes, std::span<const int> descriptors) {
  if (bytes.size() > kMaxPacketBytes || descriptors.size() > kMaxPacketDescriptors) {
    return fail(ErrorCode::kLimitExceeded, "packet of " + std::to_string(bytes.size()) +
                                               " bytes and " + std::to_string(descriptors.size()) +
                                               " descriptors is too large");
  }
  iovec part{const_cast<char*>(bytes.data()), bytes.size()};
  alignas(cmsghdr) std::array<char, kControlBytes> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (!descriptors.empty()) {
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
    cmsghdr* head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(descriptors.size_bytes());
    std::memcpy(CMSG_DATA(head), descriptors.data(), descriptors.size_bytes());
  }
  for (;;) {
    if (sendmsg(socket, &message, MSG_NOSIGNAL) >= 0) return {};
    if (errno == EINTR) continue;
    if (errno == EAGAIN) return fail(ErrorCode::kTimeout, "sendmsg: the receiver is behind");
    if (errno == EPIPE || errno == ECONNRESET) {
      return fail(ErrorCode::kClosed, "sendmsg: the other side is gone");
    }
    return fail_errno("sendmsg", "", errno);
  }
}

Result<Packet> receive_packet(int socket) {
  Packet packet;
  packet.bytes.resize(kMaxPacketBytes);
  iovec part{packet.bytes.data(), packet.bytes.size()};
  alignas(cmsghdr) std::array<char, kControlBytes> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  ssize_t size = 0;
  do {
    size = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  } while (size < 0 && errno == EINTR);
  if (size < 0) {
    if (errno == EAGAIN) return fail(ErrorCode::kTimeout, "recvmsg: nothing there");
    if (errno == ECONNRESET) return fail(ErrorCode::kClosed, "recvmsg: the other side is gone");
    return fail_errno("recvmsg", "", errno);
  }
  for (cmsghdr* head = CMSG_FIRSTHDR(&message); head != nullptr;
       head = CMSG_NXTHDR(&message, head)) {
    if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(head) + i * sizeof(int), sizeof fd);
      packet.descriptors.emplace_back(fd);
    }
  }
  if (size == 0) return fail(ErrorCode::kClosed, "recvmsg: the other side is gone");
  if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
    return fail(ErrorCode::kLimitExceeded, "recvmsg: the packet is too large");
  }
  packet.bytes.resize(static_cast<std::size_t>(size));
  return packet;
}

}  // namespace kiln
