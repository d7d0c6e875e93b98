// SPDX-License-Identifier: Apache-2.0
#pragma once
// A blocking client of the launcher, for tests, benchmarks and the server's start-up. The server's
// sandbox speaks protocol.h over its own loop instead.

#include "base/result.h"
#include "launcher/protocol.h"
#include "os/fd.h"
#include "os/packet_socket.h"

#include <string>
#include <sys/types.h>
#include <vector>

namespace kiln::launcher {

struct LauncherProcess {
  pid_t pid = -1;
  Fd pidfd;
  Fd control;  // blocking; closing it ends the launcher and all environments
};

// Starts `program` with "--init" and "--state" and `arguments` ("--level=root"); as another user
// and group when `user` is not 0.
Result<LauncherProcess> start_launcher(const std::string& program, const std::string& init,
                                       const std::string& state,
                                       const std::vector<std::string>& arguments = {},
                                       unsigned user = 0);

struct Reply {
  Type type{};
  Packet packet;
};

class Client {
 public:
  explicit Client(int control) : control_(control) {}

  template <class Message>
  Status send(const Message& message, std::span<const int> descriptors = {}) {
    return send_packet(control_, encode(message), descriptors);
  }
  // kTimeout after `timeout_ms`.
  Result<Reply> receive(int timeout_ms = 30000);
  // The next message, which must be `Message`; its descriptors go to `descriptors`. A Failed
  // becomes an error "step: message".
  template <class Message>
  Result<Message> expect(std::vector<Fd>* descriptors = nullptr, int timeout_ms = 30000) {
    KILN_TRY(Reply reply, receive(timeout_ms));
    if (reply.type != Message::kType) return unexpected(reply);
    if (descriptors != nullptr) *descriptors = std::move(reply.packet.descriptors);
    return decode<Message>(reply.packet.bytes);
  }

 private:
  std::unexpected<Error> unexpected(const Reply& reply);
  int control_;
};

}  // namespace kiln::launcher
