// SPDX-License-Identifier: Apache-2.0
#pragma once
// DnsRelay answers an environment's name queries: some itself (dns_message.h), the others by asking
// the host's resolvers. Each question that leaves has an id and a port of its own, both random, and
// only the resolver that was asked can answer it.
//
// Bounds: kMaxOutstanding questions of one environment at a time, more are refused; kTimeoutMs for
// each, half of it per resolver. UDP only: answers are as long as the client's EDNS size allows.
// Threads: one loop. Ownership: its environment; it keeps itself alive until close().

#include "async/loop.h"
#include "base/metrics.h"
#include "base/random.h"
#include "os/fd.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace kiln::sandbox {

struct Resolver {
  std::uint32_t address = 0;  // IPv4, host order
  std::uint16_t port = 53;
  bool operator==(const Resolver&) const = default;
};

// The IPv4 name servers of a resolv.conf; at most three, as the C library has it.
std::vector<Resolver> resolvers_of(std::string_view resolv_conf);

class DnsRelay {
 public:
  static constexpr int kMaxOutstanding = 64;
  static constexpr std::int64_t kTimeoutMs = 4'000;

  struct Ports {
    Loop& loop;
    Random& random;
    Metrics& metrics;
    std::vector<Resolver> resolvers;  // none: names of others fail
  };
  // `socket`: bound, UDP, non-blocking.
  static std::shared_ptr<DnsRelay> open(Ports ports, Fd socket);
  virtual ~DnsRelay() = default;
  virtual void close() = 0;
};

}  // namespace kiln::sandbox
