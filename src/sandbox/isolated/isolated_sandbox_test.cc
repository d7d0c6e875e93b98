// SPDX-License-Identifier: Apache-2.0
// Against the real launcher at level root. Skipped without root.
#include "sandbox/isolated/isolated_sandbox.h"

#include "async/event.h"
#include "launcher/left.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

namespace kiln::sandbox {
namespace {

constexpr std::int64_t kPatienceMs = 20'000;

struct Session {
  std::unique_ptr<Environment> environment;
  std::string bytes;
  OneShot<ExitStatus> ended;
};

class IsolatedSandboxTest : public testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() != 0)
      GTEST_SKIP() << "needs root: only root makes environments of level \"root\"";
    char path[] = "/tmp/kiln-isolated-test-XXXXXX";
    directory = mkdtemp(path);
    std::filesystem::create_directory(directory + "/task");
    options.launcher = KILN_LAUNCHER_PROGRAMS "/kiln-launcher";
    options.init = KILN_LAUNCHER_PROGRAMS "/kiln-init";
    options.state_directory = directory + "/state";
    options.level = "root";
    options.endpoint_connection = [](Fd) {};
    auto started = start_isolation(options);
    if (!started) GTEST_SKIP() << started.error().message;
    launcher_pid = started->process.pid;
    sandbox = open_isolated_sandbox(loop, metrics, options, std::move(*started));
  }
  void TearDown() override {
    if (sandbox) loop.run_until_complete(sandbox->stop());
    sandbox.reset();
    if (!directory.empty()) std::filesystem::remove_all(directory);
  }

  EnvironmentSpec shell(std::string script) {
    EnvironmentSpec spec;
    spec.id = "env" + std::to_string(++count);
    spec.command = {"/bin/sh", "-c", std::move(script)};
    spec.platform_variables = {{"PATH", "/usr/bin:/bin"}};
    spec.task_directory = directory + "/task";
    return spec;
  }
  void run(Task<void> task) { loop.run_until_complete(std::move(task)); }

  Loop loop;
  Metrics metrics;
  IsolatedSandboxOptions options;
  std::unique_ptr<IsolatedSandbox> sandbox;
  std::string directory;
  pid_t launcher_pid = 0;
  int count = 0;
};

Task<void> pause(Loop& loop, std::int64_t ms) {
  co_await sleep_until(loop.clock(), loop.clock().monotonic().plus_ms(ms), {});
}

Task<Status> start(Sandbox& sandbox, Session& session, EnvironmentSpec spec) {
  auto started = co_await sandbox.start(std::move(spec), std::stop_token());
  if (!started) co_return std::unexpected(started.error());
  session.environment = std::move(*started);
  session.environment->on_output(
      [&session](const Output& output) { session.bytes += output.bytes; });
  session.environment->on_exit([&session](ExitStatus status) { session.ended.set(status); });
  co_return Status();
}

Task<ExitStatus> end_of(Loop& loop, Session& session) {
  const auto deadline = loop.clock().monotonic().plus_ms(kPatienceMs);
  auto status = co_await session.ended.wait(loop.clock(), deadline, std::stop_token());
  EXPECT_TRUE(status.has_value()) << "it did not end";
  co_return status.value_or(ExitStatus{});
}

// Until the session has written `text`.
Task<void> written(Loop& loop, Session& session, std::string text) {
  for (int i = 0; i < kPatienceMs / 5 && session.bytes.find(text) == std::string::npos; ++i) {
    co_await pause(loop, 5);
  }
  EXPECT_NE(session.bytes.find(text), std::string::npos) << session.bytes;
}

Task<void> run_to_end(Loop& loop, Sandbox& sandbox, Session& session, EnvironmentSpec spec,
                      ExitStatus& status) {
  const auto started = co_await start(sandbox, session, std::move(spec));
  EXPECT_TRUE(started.has_value()) << started.error().message;
  if (started) status = co_await end_of(loop, session);
}

TEST_F(IsolatedSandboxTest, DeliversOutputInOrderAndTheExitCode) {
  Session one;
  ExitStatus status;
  run(run_to_end(loop, *sandbox, one, shell("echo out; echo err >&2; pwd; exit 7"), status));
  EXPECT_EQ(one.bytes, "out\nerr\n/var/task\n");
  EXPECT_FALSE(status.signaled);
  EXPECT_EQ(status.code, 7);
  EXPECT_GT(one.environment->peak_memory_bytes(), 100'000);
}

TEST_F(IsolatedSandboxTest, NetworksThatAreNotListedAreRefused) {
  // Nobody is there: without a rule the attempts would run into their timeout, or leave the host.
  const std::string attempts =
      "for a in 192.0.2.1 198.18.255.1; do"
      " bash -c \"exec 3<>/dev/tcp/$a/9\" 2>&1 | grep -q 'Connection refused' && echo refused; "
      "done";
  for (const Ipv4Networks& networks : {Ipv4Networks{}, Ipv4Networks{{10U << 24, 8}}}) {
    Session one;
    ExitStatus status;
    auto spec = shell(attempts);
    spec.egress = networks;
    run(run_to_end(loop, *sandbox, one, std::move(spec), status));
    EXPECT_EQ(one.bytes, "refused\nrefused\n");
  }
}

Task<void> fail_to_start(Sandbox& sandbox, EnvironmentSpec spec, Status& result) {
  Session session;
  result = co_await start(sandbox, session, std::move(spec));
}

TEST_F(IsolatedSandboxTest, ACommandThatCannotRunIsTheFunctionsFault) {
  auto spec = shell("");
  spec.command = {"{task}/missing|{opt}/missing"};
  Status result;
  run(fail_to_start(*sandbox, spec, result));
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, ErrorCode::kNotFound);
  std::ofstream(directory + "/task/bootstrap") << "no program";
  spec.command = {"{task}/bootstrap"};
  run(fail_to_start(*sandbox, spec, result));
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(result.error().message, "fork/exec /var/task/bootstrap: permission denied");
}

Task<void> terminate_both(Loop& loop, Sandbox& sandbox, EnvironmentSpec polite,
                          EnvironmentSpec deaf, ExitStatus& first, ExitStatus& second) {
  Session one;
  Session two;
  EXPECT_TRUE((co_await start(sandbox, one, std::move(polite))).has_value());
  EXPECT_TRUE((co_await start(sandbox, two, std::move(deaf))).has_value());
  co_await written(loop, one, "ready");
  co_await written(loop, two, "ready");
  one.environment->terminate(kPatienceMs);
  two.environment->terminate(50);
  first = co_await end_of(loop, one);
  second = co_await end_of(loop, two);
}

TEST_F(IsolatedSandboxTest, TerminationIsASignalFirstAndForceLater) {
  ExitStatus polite;
  ExitStatus deaf;
  run(terminate_both(
      loop, *sandbox, shell("trap 'exit 3' TERM; echo ready; while :; do sleep 0.01; done"),
      shell("trap '' TERM; echo ready; while :; do sleep 0.01; done"), polite, deaf));
  EXPECT_FALSE(polite.signaled);
  EXPECT_EQ(polite.code, 3);
  EXPECT_TRUE(deaf.signaled);
  EXPECT_EQ(deaf.code, SIGKILL);
  EXPECT_FALSE(deaf.out_of_memory);
}

Task<void> freeze_and_thaw(Loop& loop, Sandbox& sandbox, EnvironmentSpec spec) {
  Session session;
  EXPECT_TRUE((co_await start(sandbox, session, std::move(spec))).has_value());
  co_await written(loop, session, "tick");
  session.environment->freeze();
  co_await pause(loop, 50);
  session.environment->drain_output();
  const auto frozen = session.bytes.size();
  co_await pause(loop, 150);
  session.environment->drain_output();
  EXPECT_EQ(session.bytes.size(), frozen) << "nothing runs while frozen";
  session.environment->thaw();
  session.bytes.clear();
  co_await written(loop, session, "tick");
  // What is frozen can be ended, too.
  session.environment->freeze();
  session.environment->terminate(0);
  EXPECT_TRUE((co_await end_of(loop, session)).signaled);
}

TEST_F(IsolatedSandboxTest, AFrozenEnvironmentStandsStill) {
  run(freeze_and_thaw(loop, *sandbox, shell("while :; do echo tick; sleep 0.01; done")));
}

Task<void> run_beside(Loop& loop, Sandbox& sandbox, EnvironmentSpec spec) {
  Session session;
  spec.defer_command = true;
  EXPECT_TRUE((co_await start(sandbox, session, std::move(spec))).has_value());
  Session beside;
  ProcessSpec process;
  process.name = "beside";
  process.command = {
      "/bin/sh", "-c",
      "echo $OWN > /tmp/note; echo ready; while [ ! -e /tmp/go ]; do sleep 0.01; done;"
      "echo seen; exit 5"};
  process.platform_variables = {{"PATH", "/usr/bin:/bin"}, {"OWN", "{task}"}};
  process.on_output = [&beside](const Output& output) { beside.bytes += output.bytes; };
  process.on_exit = [&beside](ExitStatus status) { beside.ended.set(status); };
  EXPECT_TRUE((co_await session.environment->start_process(std::move(process), {})).has_value());
  co_await written(loop, beside, "ready");
  EXPECT_EQ(session.bytes, "") << "the command was not run yet";
  EXPECT_TRUE((co_await session.environment->run_command({})).has_value());
  EXPECT_EQ((co_await end_of(loop, session)).code, 0);
  EXPECT_EQ(session.bytes, "/var/task\n");
  EXPECT_EQ((co_await end_of(loop, beside)).code, 5);
  EXPECT_EQ(beside.bytes, "ready\nseen\n");
}

TEST_F(IsolatedSandboxTest, OtherProcessesShareTheEnvironment) {
  run(run_beside(loop, *sandbox, shell("cat /tmp/note; : > /tmp/go")));
}

Task<void> end_only_the_command(Loop& loop, Sandbox& sandbox, EnvironmentSpec spec) {
  Session session;
  EXPECT_TRUE((co_await start(sandbox, session, std::move(spec))).has_value());
  Session beside;
  ProcessSpec process;
  process.command = {"/bin/sh", "-c", "sleep 0.2; echo alive; exit 6"};
  process.platform_variables = {{"PATH", "/usr/bin:/bin"}};
  process.on_output = [&beside](const Output& output) { beside.bytes += output.bytes; };
  process.on_exit = [&beside](ExitStatus status) { beside.ended.set(status); };
  EXPECT_TRUE((co_await session.environment->start_process(std::move(process), {})).has_value());
  session.environment->terminate(0);
  EXPECT_TRUE((co_await end_of(loop, session)).signaled);
  EXPECT_EQ((co_await end_of(loop, beside)).code, 6);
  EXPECT_EQ(beside.bytes, "alive\n");
}

TEST_F(IsolatedSandboxTest, TheEndOfTheCommandIsNotTheEndOfTheOthers) {
  run(end_only_the_command(loop, *sandbox, shell("sleep 100 & sleep 100")));
}

Task<void> connect_inside(Sandbox& sandbox, EnvironmentSpec spec) {
  Session session;
  EXPECT_TRUE((co_await start(sandbox, session, std::move(spec))).has_value());
  const Fd listener = session.environment->take_runtime_api_listener();
  auto connected = co_await session.environment->connect(9001, {});
  EXPECT_TRUE(connected.has_value()) << connected.error().message;
  const Fd peer(accept(listener.get(), nullptr, nullptr));
  EXPECT_TRUE(static_cast<bool>(peer));
  const auto refused = co_await session.environment->connect(9002, {});
  EXPECT_FALSE(refused.has_value());
  if (!refused) EXPECT_EQ(refused.error().code, ErrorCode::kIo) << refused.error().message;
}

TEST_F(IsolatedSandboxTest, ServersInsideCanBeReached) {
  run(connect_inside(*sandbox, shell("sleep 100")));
}

Task<void> lose_launcher(Loop& loop, Sandbox& sandbox, pid_t launcher, EnvironmentSpec first,
                         EnvironmentSpec second) {
  Session session;
  EXPECT_TRUE((co_await start(sandbox, session, std::move(first))).has_value());
  kill(launcher, SIGKILL);
  const ExitStatus status = co_await end_of(loop, session);
  EXPECT_TRUE(status.signaled);
  EXPECT_EQ(status.code, SIGKILL);
  Session other;
  const Status refused = co_await start(sandbox, other, std::move(second));
  EXPECT_FALSE(refused.has_value());
  if (!refused) {
    EXPECT_EQ(refused.error().message, "the launcher has ended; restart the server");
  }
}

TEST_F(IsolatedSandboxTest, ALauncherThatDiesTakesTheEnvironmentsButNotTheServer) {
  run(lose_launcher(loop, *sandbox, launcher_pid, shell("sleep 100"), shell("sleep 100")));
}

Task<void> until_reserve(Loop& loop, IsolatedSandbox& sandbox, int wanted) {
  for (int i = 0; i < kPatienceMs / 5 && sandbox.reserve() < wanted; ++i) co_await pause(loop, 5);
  EXPECT_GE(sandbox.reserve(), wanted);
}

Task<void> empty_the_reserve(Loop& loop, IsolatedSandbox& sandbox, EnvironmentSpec spec) {
  co_await until_reserve(loop, sandbox, 2);
  Session sessions[6];
  for (Session& each : sessions) {
    EXPECT_TRUE((co_await start(sandbox, each, spec)).has_value());
  }
  co_await until_reserve(loop, sandbox, 6);  // as many as were taken of late
}

TEST_F(IsolatedSandboxTest, TheReserveFollowsDemand) {
  run(empty_the_reserve(loop, *sandbox, shell("sleep 100")));
}

Task<void> rounds(Loop& loop, Sandbox& sandbox, EnvironmentSpec spec, int rounds) {
  constexpr int kAtOnce = 4;
  for (int round = 0; round < rounds; round += kAtOnce) {
    Session sessions[kAtOnce];
    for (Session& each : sessions) {
      const Status started = co_await start(sandbox, each, spec);
      EXPECT_TRUE(started.has_value()) << started.error().message;
      if (!started) co_return;
    }
    for (Session& each : sessions) co_await written(loop, each, "ready");
    sessions[0].environment->terminate(0);
    co_await end_of(loop, sessions[0]);
  }
}

// Until all that was closed is gone and the reserve is as small as it was.
Task<void> settle(Loop& loop, Counter& live, int wanted) {
  for (int i = 0; i < kPatienceMs / 10 && live.value() != wanted; ++i) co_await pause(loop, 10);
}

TEST_F(IsolatedSandboxTest, ManyRoundsLeaveNothing) {
  const int many = std::getenv("KILN_FULL") != nullptr ? 10'000 : 100;
  // A sandbox with a reserve of a fixed size, so that before and after compare.
  run(sandbox->stop());
  options.min_reserve = options.max_reserve = 2;
  auto started = start_isolation(options);
  ASSERT_TRUE(started.has_value());
  launcher_pid = started->process.pid;
  sandbox = open_isolated_sandbox(loop, metrics, options, std::move(*started));
  Counter& live = metrics.counter("kiln_sandbox_environments");
  const auto spec = shell("setsid sh -c 'trap \"\" TERM INT HUP; sleep 100' & echo ready; wait");
  run(rounds(loop, *sandbox, spec, 8));
  run(settle(loop, live, 2));
  // The kernel removes interfaces and mounts in its own time: nothing moves for half a second.
  launcher::Left before = launcher::Left::of(launcher_pid, options.state_directory);
  for (int quiet = 0, tries = 0; quiet < 5 && tries < 100; ++quiet, ++tries) {
    run(pause(loop, 100));
    const launcher::Left now = launcher::Left::of(launcher_pid, options.state_directory);
    if (now != before) quiet = 0;
    before = now;
  }
  run(rounds(loop, *sandbox, spec, many));
  launcher::Left after = before;
  for (int i = 0; i < 200; ++i) {
    run(settle(loop, live, 2));
    after = launcher::Left::of(launcher_pid, options.state_directory);
    if (after == before) break;
    run(pause(loop, 20));
  }
  EXPECT_EQ(after, before);
}

}  // namespace
}  // namespace kiln::sandbox
