// SPDX-License-Identifier: Apache-2.0
#pragma once
// A Transport is one client connection, over TCP or TLS. Internal to http.
//
// Ownership: the exchange that uses it, or the client's pool while idle.
// Threads: one loop. abort() makes whatever waits fail soon with the error it was given; without
// it nothing here has a deadline of its own, but for connect().

#include "async/loop.h"
#include "base/result.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

namespace kiln::http {

// The client side of TLS: certificates to trust, and whether to check them.
class TlsContext {
 public:
  explicit TlsContext(bool verify);
  ~TlsContext();
  struct Impl;
  Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

class Transport {
 public:
  explicit Transport(Loop& loop);
  ~Transport();

  // Resolves and connects; with `tls`, shakes hands for `host`. Used once.
  Task<Status> connect(std::string host, std::string port, TlsContext* tls, Monotonic deadline,
                       std::stop_token stop);
  Task<Status> write(std::string_view first, std::string_view second);
  // At least one byte, or 0 at the end of the stream.
  Task<Result<std::size_t>> read(char* out, std::size_t size);
  void abort(Error reason);
  // True when an idle connection was closed by the peer, or holds bytes nobody asked for.
  bool is_stale() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kiln::http
