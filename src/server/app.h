// SPDX-License-Identifier: Apache-2.0
#pragma once
// App is the composition root: it makes every part of one server, connects them and owns them.
//
// Lifecycle: construct -> start() (state opened, background work running, listening) -> stop() (no
// new requests, running ones drained, environments ended, state closed). Stopped in reverse order.
// Threads: the loop given, plus one bounded pool for blocking work.

#include "async/loop.h"
#include "base/result.h"
#include "server/config.h"

#include <memory>
#include <string>

namespace kiln::server {

class App {
 public:
  App(Loop& loop, ServerConfig config);
  ~App();

  struct Started {
    int port = 0;
    // The administrator's keys, when <data_dir>/credentials has yet to be written (kServe).
    std::string new_access_key_id;
    std::string new_secret_access_key;
    std::string isolation_level;
  };
  // Errors name what failed and what to do about it.
  Task<Result<Started>> start();
  Task<void> stop();

 private:
  struct Parts;
  Loop& loop_;
  ServerConfig config_;
  std::unique_ptr<Parts> parts_;
};

}  // namespace kiln::server
