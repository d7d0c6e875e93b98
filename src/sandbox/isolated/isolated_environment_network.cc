// SPDX-License-Identifier: Apache-2.0
// What an environment reaches, and who reaches it.
#include "async/asio_loop.h"
#include "launcher/restrict.h"
#include "sandbox/isolated/isolated_environment.h"

#include <sys/socket.h>
#include <utility>

namespace kiln::sandbox {
namespace {

constexpr int kAcceptsPerWake = 16;

}  // namespace

void IsolatedEnvironment::accept_endpoint() {
  endpoint_.async_wait(Descriptor::wait_read,
                       [self = shared_from_this()](const boost::system::error_code& error) {
                         if (error || self->closed_) return;
                         for (int i = 0; i < kAcceptsPerWake; ++i) {
                           Fd connection(accept4(self->endpoint_.native_handle(), nullptr, nullptr,
                                                 SOCK_CLOEXEC | SOCK_NONBLOCK));
                           if (!connection) break;
                           self->ports_.endpoint_connection(std::move(connection));
                         }
                         self->accept_endpoint();
                       });
}

// Who reaches nobody learns nobody's address: a question can carry data out.
void IsolatedEnvironment::open_names() {
  if (!name_socket_) return;
  DnsRelay::Ports names = ports_.names;
  if (spec_.egress && spec_.egress->empty()) names.resolvers.clear();
  names_ = DnsRelay::open(std::move(names), std::move(name_socket_));
}

Task<Status> IsolatedEnvironment::restrict_egress(std::stop_token stop) {
  if (!spec_.egress) co_return Status{};
  const auto self = shared_from_this();
  launcher::Restrict restrict {.environment = number_, .networks = {}};
  for (const Ipv4Network& each : *spec_.egress) restrict.networks.push_back({each});
  restricting_ = true;
  ports_.channel->send(restrict);
  Clock& clock = ports_.loop.clock();
  auto waiting = restricted_.wait(clock, clock.monotonic().plus_ms(ports_.step_timeout_ms), stop);
  auto answered = co_await std::move(waiting);
  if (!answered) co_return std::unexpected(std::move(answered.error()).context("egress"));
  co_return std::move(*answered);
}

Task<Result<Fd>> IsolatedEnvironment::connect(int port, std::stop_token stop) {
  const auto self = shared_from_this();
  if (closed_ || ended_) co_return fail(ErrorCode::kClosed, "the environment has ended");
  const auto connecting = std::make_shared<Connecting>();
  connecting_.push_back(connecting);
  ports_.channel->send(
      launcher::Connect{.environment = number_, .port = static_cast<std::uint16_t>(port)});
  Clock& clock = ports_.loop.clock();
  auto waiting =
      connecting->answered.wait(clock, clock.monotonic().plus_ms(ports_.step_timeout_ms), stop);
  auto answered = co_await std::move(waiting);
  if (!answered) co_return std::unexpected(std::move(answered.error()).context("connect"));
  if (!*answered) co_return std::unexpected(std::move(answered->error()));
  co_return std::move(connecting->connection);
}

void IsolatedEnvironment::connected(Status status, Packet* packet) {
  if (connecting_.empty()) return;
  const auto connecting = std::move(connecting_.front());
  connecting_.pop_front();
  if (packet != nullptr && !packet->descriptors.empty()) {
    connecting->connection = std::move(packet->descriptors[0]);
  }
  connecting->answered.set(std::move(status));
}

}  // namespace kiln::sandbox
