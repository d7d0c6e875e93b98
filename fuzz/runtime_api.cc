// SPDX-License-Identifier: Apache-2.0
// What a runtime writes on its connection, all at once, while invocations wait for it. Whatever it
// is, the server ends in order and every invocation is answered or closed.
#include "runtime_api/runtime_api.h"

#include "fuzz/fuzz.h"

#include <coroutine>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>

namespace kiln::fuzz {
namespace {

constexpr int kInvocations = 3;
constexpr int kTurns = 48;  // of the loop: enough for the requests of a small input

// Lets everything that is ready run once.
struct Turn {
  Loop& loop;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> handle) {
    loop.post([handle] { handle.resume(); });
  }
  void await_resume() const noexcept {}
};

Fd unix_listener() {
  Fd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  // Without a name the kernel picks an abstract one.
  FUZZ_CHECK(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof(sa_family_t)) ==
             0);
  FUZZ_CHECK(::listen(listener.get(), 1) == 0);
  return listener;
}

struct State {
  explicit State(Loop& loop_in, Fd connection)
      : loop(loop_in), api(loop_in, metrics, unix_listener(), std::move(connection)) {}
  Loop& loop;
  Metrics metrics;
  runtime_api::RuntimeApi api;
  bool invoking = true;
};

Task<void> invoke(State& state) {
  const Monotonic deadline = state.loop.clock().monotonic().plus_ms(60'000);
  auto starting = state.api.wait_initialized(deadline, {});
  const auto init = co_await starting;
  FUZZ_CHECK(init.has_value());
  for (int i = 0; i < kInvocations; ++i) {
    runtime_api::Invocation invocation;
    invocation.request_id = std::to_string(i);
    invocation.invoked_function_arn = "arn:aws:lambda:us-east-1:000000000000:function:f";
    invocation.payload = "{}";
    auto running = state.api.invoke(std::move(invocation), deadline, {});
    const auto outcome = co_await running;
    FUZZ_CHECK(outcome.has_value());
  }
  state.invoking = false;
}

Task<void> run(State& state) {
  FUZZ_CHECK(state.api.start().has_value());
  spawn(invoke(state));
  for (int i = 0; i < kTurns; ++i) co_await Turn{state.loop};
  state.api.abort();
  for (int i = 0; i < kTurns && state.invoking; ++i) co_await Turn{state.loop};
  FUZZ_CHECK(!state.invoking);
  auto stopping = state.api.stop();
  co_await stopping;
}

}  // namespace
}  // namespace kiln::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kiln;
  if (size > 32 * 1024) return 0;  // what a socket buffer surely takes
  int pair[2];
  FUZZ_CHECK(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) == 0);
  Fd server(pair[0]);
  const Fd runtime(pair[1]);
  FUZZ_CHECK(::send(runtime.get(), data, size, MSG_NOSIGNAL) == static_cast<ssize_t>(size));
  ::shutdown(runtime.get(), SHUT_WR);
  Loop loop;
  fuzz::State state(loop, std::move(server));
  loop.run_until_complete(fuzz::run(state));
  return 0;
}
