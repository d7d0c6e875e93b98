// SPDX-License-Identifier: Apache-2.0
// Restrict: from a request to the helper of egress.h and back.
#include "launcher/launcher.h"

#include <sys/epoll.h>

namespace kiln::launcher {

void Launcher::restrict_egress(const Packet& packet) {
  const auto wanted = decode<Restrict>(packet.bytes);
  if (!wanted) return answer(Failed{0, 0, "request", wanted.error().message, 0});
  const auto refuse = [&](std::string why) {
    answer(Failed{wanted->environment, 0, "egress", std::move(why), 0});
  };
  if (const auto good = check(*wanted); !good) return refuse(good.error().message);
  Environment* environment = find(wanted->environment);
  if (environment == nullptr || environment->destroying || environment->dead) {
    return refuse("there is no such environment");
  }
  if (environment->chain != 0) return refuse("it is restricted already");
  if (environment->interface.empty()) {
    if (wanted->networks.empty()) return answer(Done{wanted->environment});
    return refuse("the environment has no way out to the network");
  }
  if (const auto asked = ask_egress_helper(*environment, *wanted); !asked) {
    refuse(asked.error().message);
  }
}

Status Launcher::ask_egress_helper(Environment& environment, const Restrict& wanted) {
  if (!egress_helper_) {
    KILN_TRY(egress_helper_, start_egress_helper(range_));
    watch(egress_helper_.get(), kEgressTag, EPOLLIN);
  }
  KILN_TRY(const auto chain,
           egress_chains_.take(Ipv4Networks(wanted.networks.begin(), wanted.networks.end())));
  environment.chain = chain.number;
  environment.restricting = true;
  const Restriction restriction{environment.id, chain.number, chain.load, environment.interface,
                                wanted.networks};
  return send_packet(egress_helper_.get(), encode(restriction));
}

void Launcher::on_egress_helper() {
  auto packet = receive_packet(egress_helper_.get());
  if (!packet) {
    if (packet.error().code == ErrorCode::kTimeout) return;
    // Another one is started when it is needed; what was asked of this one stays without a way out
    // or unrestricted, and is not to be started.
    egress_helper_.reset();
    for (const auto& [id, each] : environments_) {
      if (!std::exchange(each->restricting, false) || each->destroying) continue;
      answer(Failed{id, 0, "egress", "the launcher's helper has ended", 0});
    }
    return;
  }
  const auto restricted = decode<Restricted>(packet->bytes);
  if (!restricted) return;
  if (restricted->problem.empty()) egress_chains_.loaded(restricted->chain);
  Environment* environment = find(restricted->environment);
  if (environment == nullptr || environment->chain != restricted->chain) return;
  if (!std::exchange(environment->restricting, false) || environment->destroying) return;
  if (restricted->problem.empty()) {
    answer(Done{environment->id});
  } else {
    answer(Failed{environment->id, 0, "egress", restricted->problem, 0});
  }
}

}  // namespace kiln::launcher
