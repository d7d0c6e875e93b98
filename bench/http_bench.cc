// SPDX-License-Identifier: Apache-2.0
// A server that answers "hello" to everything: what http costs by itself. Prints its port and runs
// until SIGINT or SIGTERM. Drive it with: wrk -t1 -c16 -d5s http://127.0.0.1:PORT/

#include "async/loop.h"
#include "http/server.h"

#include <cstdio>

namespace {

kiln::Task<kiln::http::Response> hello(kiln::http::Request&) {
  kiln::http::Response response;
  response.body = "hello";
  co_return response;
}

kiln::Task<void> stop(kiln::Loop& loop, kiln::http::Server& server) {
  co_await server.stop();
  loop.stop();
}

}  // namespace

int main() {
  kiln::Loop loop;
  kiln::Metrics metrics;
  kiln::http::Server server(loop, metrics, "bench", {}, hello);
  const auto port = server.start("127.0.0.1", 0);
  if (!port) {
    std::fprintf(stderr, "%s\n", port.error().message.c_str());
    return 1;
  }
  std::printf("%d\n", *port);
  std::fflush(stdout);
  loop.on_termination_signal([&](int) { kiln::spawn(stop(loop, server)); });
  loop.run();
}
