// SPDX-License-Identifier: Apache-2.0
#include "sandbox/isolated/launcher_channel.h"

#include "async/asio_loop.h"
#include "base/log.h"

#include <boost/asio/posix/stream_descriptor.hpp>

#include <cstring>
#include <deque>
#include <fcntl.h>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

namespace kiln::sandbox {
namespace {

using Descriptor = boost::asio::posix::stream_descriptor;
constexpr int kPacketsPerWake = 32;

// Every message but Ready begins with it, behind version and type.
std::optional<std::uint32_t> environment_of(std::string_view packet) {
  if (packet.size() < 8) return std::nullopt;
  std::uint32_t value = 0;
  std::memcpy(&value, packet.data() + 4, sizeof value);
  return value;
}

class Channel final : public LauncherChannel, public std::enable_shared_from_this<Channel> {
 public:
  Channel(Loop& loop, Fd control, std::function<void()> closed)
      : socket_(io_context_of(loop), control.release()), closed_(std::move(closed)) {}

  void run() {
    socket_.async_wait(Descriptor::wait_read,
                       [self = shared_from_this()](const boost::system::error_code& error) {
                         if (!error && self->receive()) self->run();
                       });
  }
  void attach(std::uint32_t environment, Receiver receiver) override {
    receivers_[environment] = std::make_shared<Receiver>(std::move(receiver));
  }
  void detach(std::uint32_t environment) override { receivers_.erase(environment); }
  void close() override {
    closed_ = nullptr;
    end();
  }

 private:
  void send_bytes(std::string bytes, std::span<const int> descriptors) override {
    if (ended_) return;
    if (unsent_.empty()) {
      const auto sent = send_packet(socket_.native_handle(), bytes, descriptors);
      if (sent) return;
      if (sent.error().code != ErrorCode::kTimeout) return lost(sent.error());
    }
    Packet packet{std::move(bytes), {}};
    for (const int fd : descriptors) {
      packet.descriptors.emplace_back(fcntl(fd, F_DUPFD_CLOEXEC, 0));
    }
    unsent_.push_back(std::move(packet));
    if (unsent_.size() > kMaxUnsent) {
      return lost({ErrorCode::kLimitExceeded, "it has stopped reading"});
    }
    if (unsent_.size() == 1) flush_when_writable();
  }

  void flush_when_writable() {
    socket_.async_wait(Descriptor::wait_write,
                       [self = shared_from_this()](const boost::system::error_code& error) {
                         if (!error) self->flush();
                       });
  }
  void flush() {
    while (!ended_ && !unsent_.empty()) {
      std::vector<int> numbers;
      for (const Fd& fd : unsent_.front().descriptors) numbers.push_back(fd.get());
      const auto sent = send_packet(socket_.native_handle(), unsent_.front().bytes, numbers);
      if (!sent && sent.error().code == ErrorCode::kTimeout) return flush_when_writable();
      if (!sent) return lost(sent.error());
      unsent_.pop_front();
    }
  }

  // False when the channel has ended.
  bool receive() {
    for (int i = 0; i < kPacketsPerWake && !ended_; ++i) {
      auto packet = receive_packet(socket_.native_handle());
      if (!packet && packet.error().code == ErrorCode::kTimeout) return true;
      if (!packet) {
        lost(packet.error());
        return false;
      }
      dispatch(*packet);
    }
    return !ended_;
  }
  void dispatch(Packet& packet) {
    const auto type = launcher::type_of(packet.bytes);
    const auto about = environment_of(packet.bytes);
    if (!type || !about) return log::warn("sandbox", "the launcher sent a broken message");
    const auto found = receivers_.find(*about);
    if (found == receivers_.end()) return;
    const auto receiver = found->second;  // it may detach itself
    (*receiver)(*type, packet);
  }

  void lost(const Error& error) {
    if (ended_) return;
    log::error("sandbox", "the launcher is gone: " + error.message);
    const auto closed = std::exchange(closed_, nullptr);
    end();
    if (closed) closed();
  }
  void end() {
    if (std::exchange(ended_, true)) return;
    boost::system::error_code ignored;
    socket_.close(ignored);
    unsent_.clear();
  }

  Descriptor socket_;
  std::function<void()> closed_;
  bool ended_ = false;
  std::deque<Packet> unsent_;
  std::unordered_map<std::uint32_t, std::shared_ptr<Receiver>> receivers_;
};

}  // namespace

std::shared_ptr<LauncherChannel> LauncherChannel::open(Loop& loop, Fd control,
                                                       std::function<void()> closed) {
  fcntl(control.get(), F_SETFL, O_NONBLOCK);
  auto channel = std::make_shared<Channel>(loop, std::move(control), std::move(closed));
  channel->run();
  return channel;
}

}  // namespace kiln::sandbox
