// SPDX-License-Identifier: Apache-2.0
#pragma once
// One packet with descriptors over a SOCK_SEQPACKET pair: the channel between the server, the
// launcher and an environment's init. A packet arrives whole or not at all.
// Errors: kClosed the other side is gone; kTimeout a non-blocking socket is not ready;
// kLimitExceeded the packet or its descriptors do not fit; kIo anything else.

#include "base/result.h"
#include "os/fd.h"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kiln {

inline constexpr std::size_t kMaxPacketBytes = 128 * 1024;
inline constexpr std::size_t kMaxPacketDescriptors = 32;

struct Packet {
  std::string bytes;
  std::vector<Fd> descriptors;  // close-on-exec
};

Result<std::pair<Fd, Fd>> packet_pair();
Status send_packet(int socket, std::string_view bytes, std::span<const int> descriptors = {});
Result<Packet> receive_packet(int socket);

}  // namespace kiln
