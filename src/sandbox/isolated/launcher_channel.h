// SPDX-License-Identifier: Apache-2.0
#pragma once
// LauncherChannel is the server's end of the launcher's control socket (launcher/protocol.h): sends
// requests, hands each answer to whom it is about.
//
// Bound: kMaxUnsent packets wait for a launcher that is behind; past it the channel closes.
// Threads: one loop. Ownership: the sandbox, and each environment while it lives.

#include "async/loop.h"
#include "base/result.h"
#include "launcher/protocol.h"
#include "os/packet_socket.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <span>

namespace kiln::sandbox {

class LauncherChannel {
 public:
  static constexpr std::size_t kMaxUnsent = 8192;
  using Receiver = std::function<void(launcher::Type, Packet&)>;

  // `control`: a connected packet socket, made non-blocking here. `closed` is called once when the
  // launcher is gone, not from close().
  static std::shared_ptr<LauncherChannel> open(Loop& loop, Fd control,
                                               std::function<void()> closed);
  virtual ~LauncherChannel() = default;

  // Answers about `environment` go to `receiver` until it is detached.
  virtual void attach(std::uint32_t environment, Receiver receiver) = 0;
  virtual void detach(std::uint32_t environment) = 0;
  // Sent or queued; after the end nothing happens. `descriptors` stay the caller's.
  template <class Message>
  void send(const Message& message, std::span<const int> descriptors = {}) {
    send_bytes(launcher::encode(message), descriptors);
  }
  // The launcher ends all environments and itself.
  virtual void close() = 0;

 private:
  virtual void send_bytes(std::string bytes, std::span<const int> descriptors) = 0;
};

}  // namespace kiln::sandbox
