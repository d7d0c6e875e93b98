// SPDX-License-Identifier: Apache-2.0
// Environments that were made, took an invocation and were replaced, each by one of another
// deployment: everything of a server that an environment touches, as root.
#include "invoke/real_runtime_for_test.h"
#include "launcher/left.h"
#include "sandbox/isolated/isolated_sandbox.h"

#include <cstdlib>

namespace kiln::invoke {
namespace {

// A custom runtime that is up within milliseconds.
constexpr std::string_view kQuickBootstrap = R"SH(#!/bin/bash
place=/dev/tcp/${AWS_LAMBDA_RUNTIME_API/:/\/}/
base=/2018-06-01/runtime/invocation
while :; do
  exec 3<>"${place%/}"
  printf 'GET %s/next HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n' "$base" >&3
  size=0
  while IFS= read -r line <&3 && line=${line%$'\r'} && [[ $line ]]; do
    case ${line,,} in
      lambda-runtime-aws-request-id:*) id=${line#*: } ;;
      content-length:*) size=${line#*: } ;;
    esac
  done
  read -r -N "$size" event <&3
  [[ $event == *exit* ]] && exit 3
  exec 3<>"${place%/}"
  printf 'POST %s/%s/response HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}' \
    "$base" "$id" >&3
  while IFS= read -r line <&3 && [[ ${line%$'\r'} ]]; do :; done
done
)SH";

class Rounds : public RealRuntime {
 protected:
  Rounds() : RealRuntime(open) {}
  void SetUp() override {
    if (!sandbox_) GTEST_SKIP() << "only root makes environments of level \"root\": " << refusal_;
    std::ofstream(root_ + "/code/bootstrap") << kQuickBootstrap;
  }

  static std::unique_ptr<sandbox::Sandbox> open(Loop& loop, Metrics& metrics,
                                                const std::string& root) {
    state_ = root + "/state";
    sandbox::IsolatedSandboxOptions options;
    options.launcher = KILN_LAUNCHER_PROGRAMS "/kiln-launcher";
    options.init = KILN_LAUNCHER_PROGRAMS "/kiln-init";
    options.state_directory = state_;
    options.level = "root";
    options.endpoint_connection = [](Fd) {};
    options.min_reserve = options.max_reserve = 2;  // so that before and after compare
    auto started = sandbox::start_isolation(options);
    if (!started) {
      refusal_ = started.error().message;
      return nullptr;
    }
    launcher_ = started->process.pid;
    return sandbox::open_isolated_sandbox(loop, metrics, options, std::move(*started));
  }

  // One environment more, of a deployment of its own.
  Task<void> one(int number, bool& fine) {
    lambda::FunctionVersion function = function_;
    function.revision_id = "r" + std::to_string(number);
    InvokeRequest request;
    request.request_id = random_.uuid();
    // Every tenth ends badly, and its environment with it.
    request.payload = number % 10 == 9 ? R"({"do":"exit"})" : "{}";
    auto invoking =
        invoker_->invoke(std::make_shared<lambda::FunctionVersion>(function), std::move(request));
    const auto answer = co_await std::move(invoking);
    fine = answer && answer->function_error.empty() == (number % 10 != 9);
    if (!fine && answer) ADD_FAILURE() << answer->payload;
  }
  Task<void> rounds(int first, int count) {
    for (int i = 0; i < count; ++i) {
      bool fine = false;
      auto round = one(first + i, fine);
      co_await std::move(round);
      if (!fine) co_return;
    }
  }
  void run_rounds(int first, int count) { loop_.run_until_complete(rounds(first, count)); }
  // What is there when nothing has moved for half a second: the kernel takes its time.
  launcher::Left settled(const launcher::Left* wanted = nullptr) {
    launcher::Left last = launcher::Left::of(launcher_, state_);
    for (int quiet = 0, tries = 0; quiet < 5 && tries < 200; ++quiet, ++tries) {
      loop_.run_until_complete(pause());
      const launcher::Left now = launcher::Left::of(launcher_, state_);
      if (wanted != nullptr && now == *wanted) return now;
      if (now != last || (wanted != nullptr && tries < 150)) quiet = 0;
      last = now;
    }
    return last;
  }
  Task<void> pause() {
    co_await sleep_until(loop_.clock(), loop_.clock().monotonic().plus_ms(100), {});
  }

  // They are set before this class is constructed.
  static inline std::string state_;
  static inline std::string refusal_;
  static inline pid_t launcher_ = 0;
};

TEST_F(Rounds, LeaveNothing) {
  const int many = std::getenv("KILN_FULL") != nullptr ? 10'000 : 50;
  run_rounds(0, 12);
  const launcher::Left before = settled();
  run_rounds(12, many);
  EXPECT_EQ(settled(&before), before);
  EXPECT_LE(invoker_->pool().size(), 1);
}

}  // namespace
}  // namespace kiln::invoke
