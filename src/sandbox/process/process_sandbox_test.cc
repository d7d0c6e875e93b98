// SPDX-License-Identifier: Apache-2.0
#include "sandbox/process/process_sandbox.h"

#include "async/event.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

namespace kiln::sandbox {
namespace {

constexpr std::int64_t kPatienceMs = 20'000;

class ProcessSandboxTest : public testing::Test {
 protected:
  ProcessSandboxTest() {
    char path[] = "/tmp/kiln-sandbox-test-XXXXXX";
    directory = mkdtemp(path);
    std::filesystem::create_directory(directory + "/task");
  }
  ~ProcessSandboxTest() override { std::filesystem::remove_all(directory); }

  EnvironmentSpec shell(std::string script) {
    EnvironmentSpec spec;
    spec.id = "env" + std::to_string(++count);
    spec.command = {"/bin/sh", "-c", std::move(script)};
    spec.task_directory = directory + "/task";
    return spec;
  }
  void run(Task<void> task) { loop.run_until_complete(std::move(task)); }

  Loop loop;
  Metrics metrics;
  std::string directory;
  int count = 0;
};

struct Session {
  std::unique_ptr<Environment> environment;
  std::string bytes;
  std::vector<std::string> frames;
  OneShot<ExitStatus> ended;
};

Task<Status> start(ProcessSandbox& sandbox, Session& run, EnvironmentSpec spec) {
  auto started = co_await sandbox.start(std::move(spec), std::stop_token());
  if (!started) co_return std::unexpected(started.error());
  run.environment = std::move(*started);
  run.environment->on_output([&run](const Output& output) {
    if (output.kind == Output::Kind::kBytes) run.bytes += output.bytes;
    if (output.kind == Output::Kind::kFrame) run.frames.emplace_back(output.bytes);
  });
  run.environment->on_exit([&run](ExitStatus status) { run.ended.set(status); });
  co_return Status();
}

Task<ExitStatus> wait_end(Loop& loop, Session& run) {
  const auto deadline = loop.clock().monotonic().plus_ms(kPatienceMs);
  auto status = co_await run.ended.wait(loop.clock(), deadline, std::stop_token());
  EXPECT_TRUE(status.has_value());
  co_return status.value_or(ExitStatus{});
}

Task<void> run_to_end(Loop& loop, ProcessSandbox& sandbox, Session& run, EnvironmentSpec spec,
                      ExitStatus& status) {
  auto started = co_await start(sandbox, run, std::move(spec));
  EXPECT_TRUE(started.has_value()) << started.error().message;
  if (started) status = co_await wait_end(loop, run);
  run.environment.reset();
  co_await sandbox.stop();
}

TEST_F(ProcessSandboxTest, DeliversOutputInOrderAndTheExitCode) {
  ProcessSandbox sandbox(loop, metrics, {directory + "/env"});
  Session one;
  ExitStatus status;
  run(run_to_end(loop, sandbox, one, shell("echo out; echo err >&2; echo out; exit 7"), status));
  EXPECT_EQ(one.bytes, "out\nerr\nout\n");
  EXPECT_FALSE(status.signaled);
  EXPECT_EQ(status.code, 7);
  EXPECT_TRUE(std::filesystem::is_empty(directory + "/env"));
}

TEST_F(ProcessSandboxTest, DeliversFramesWhole) {
  ProcessSandbox sandbox(loop, metrics, {directory + "/env"});
  Session one;
  ExitStatus status;
  run(run_to_end(loop, sandbox, one,
                 shell(R"(printf '\245\132\0\003\0\0\0\003\0\0\0\0\0\0\0\0a\nb' >&)"
                       R"($_LAMBDA_TELEMETRY_LOG_FD; echo $_LAMBDA_TELEMETRY_LOG_FD)"),
                 status));
  EXPECT_EQ(one.frames, std::vector<std::string>{"a\nb"});
  EXPECT_EQ(one.bytes, "3\n");
}

TEST_F(ProcessSandboxTest, GivesOnlyTheVariablesOfTheSpecAndFillsPlaces) {
  setenv("KILN_SECRET_OF_THE_SERVER", "1", 1);
  ProcessSandbox sandbox(loop, metrics, {directory + "/env"});
  auto spec = shell("/usr/bin/env | /usr/bin/sort");
  spec.runtime_directory = "/runtime";
  spec.layer_directories = {"/layer"};
  spec.platform_variables = {{"PLATFORM", "{task}:{runtime}:{opt}"}};
  spec.variables = {{"USER_OWN", "{task}"}};
  Session one;
  ExitStatus status;
  run(run_to_end(loop, sandbox, one, std::move(spec), status));
  EXPECT_EQ(
      one.bytes,
      "PLATFORM=" + directory + "/task:/runtime:/layer\nPWD=" + directory +
          "/task\nTMPDIR=" + directory +
          "/env/env1/tmp\nUSER_OWN={task}\n_KILN_RUNTIME_API_FD=4\n_LAMBDA_TELEMETRY_LOG_FD=3\n");
}

TEST_F(ProcessSandboxTest, LeaksNoDescriptors) {
  const int leaked = socket(AF_UNIX, SOCK_STREAM, 0);
  ProcessSandbox sandbox(loop, metrics, {directory + "/env"});
  Session one;
  ExitStatus status;
  run(run_to_end(loop, sandbox, one, shell("cd /proc/self/fd; echo [0-9]*; ulimit -n"), status));
  close(leaked);
  // The shell's own directory handle may show as one more than 0 to 3.
  EXPECT_TRUE(one.bytes == "0 1 2 3\n1024\n" || one.bytes == "0 1 2 3 4\n1024\n") << one.bytes;
}

TEST_F(ProcessSandboxTest, SaysWhatIsWrongWithTheProgram) {
  std::ofstream(directory + "/task/bootstrap") << "#!/bin/sh\n";
  ProcessSandbox sandbox(loop, metrics, {directory + "/env"});
  auto plain = shell("");
  plain.command = {"{task}/bootstrap|{opt}/bootstrap"};
  auto missing = shell("");
  missing.command = {"{task}/nope|/nowhere/bootstrap"};
  Session one;
  run([](ProcessSandbox& box, Session& r, EnvironmentSpec a, EnvironmentSpec b,
         std::string task) -> Task<void> {
    auto first = co_await start(box, r, std::move(a));
    EXPECT_EQ(first.error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(first.error().message, "fork/exec " + task + "/bootstrap: permission denied");
    auto second = co_await start(box, r, std::move(b));
    EXPECT_EQ(second.error().code, ErrorCode::kNotFound);
    EXPECT_EQ(second.error().message,
              "Couldn't find valid bootstrap(s): [" + task + "/nope /nowhere/bootstrap]");
    co_await box.stop();
  }(sandbox, one, std::move(plain), std::move(missing), directory + "/task"));
}

TEST_F(ProcessSandboxTest, TerminateLetsTheRuntimeEndByItself) {
  ProcessSandbox sandbox(loop, metrics, {directory + "/env"});
  Session one;
  ExitStatus status;
  run([](Loop& l, ProcessSandbox& box, Session& r, EnvironmentSpec spec,
         ExitStatus& s) -> Task<void> {
    auto started = co_await start(box, r, std::move(spec));
    EXPECT_TRUE(started.has_value());
    while (r.bytes.empty()) co_await sleep_ms(l.clock(), 1, std::stop_token());
    r.environment->terminate(10'000);
    s = co_await wait_end(l, r);
    co_await box.stop();
  }(loop, sandbox, one, shell("trap 'echo bye; exit 3' TERM; echo up; sleep 60 & wait"), status));
  EXPECT_EQ(one.bytes, "up\nbye\n");
  EXPECT_EQ(status.code, 3);
}

TEST_F(ProcessSandboxTest, EndsTheWholeGroupAndReportsTheSignal) {
  ProcessSandbox sandbox(loop, metrics, {directory + "/env"});
  Session one;
  ExitStatus status;
  std::int64_t peak = 0;
  run([](Loop& l, ProcessSandbox& box, Session& r, EnvironmentSpec spec, ExitStatus& s,
         std::int64_t& memory) -> Task<void> {
    auto started = co_await start(box, r, std::move(spec));
    EXPECT_TRUE(started.has_value());
    while (r.bytes.empty()) co_await sleep_ms(l.clock(), 1, std::stop_token());
    memory = r.environment->peak_memory_bytes();
    r.environment->terminate(0);
    s = co_await wait_end(l, r);
    co_await box.stop();
  }(loop, sandbox, one, shell("sleep 100 & echo $!; wait"), status, peak));
  EXPECT_TRUE(status.signaled);
  EXPECT_EQ(status.code, SIGKILL);
  EXPECT_GT(peak, 100'000);
  const pid_t grandchild = std::stoi(one.bytes);
  for (int i = 0; i < 2000 && kill(grandchild, 0) == 0; ++i) {
    std::ifstream stat("/proc/" + one.bytes.substr(0, one.bytes.find('\n')) + "/stat");
    std::string pid, name, state;
    stat >> pid >> name >> state;
    if (state == "Z" || state.empty()) break;
    usleep(1000);
    ASSERT_LT(i, 1999) << "the grandchild lives";
  }
}

Task<void> run_beside(Loop& loop, ProcessSandbox& sandbox, EnvironmentSpec spec, ProcessSpec beside,
                      Session& one, Session& other) {
  spec.defer_command = true;
  auto started = co_await start(sandbox, one, std::move(spec));
  EXPECT_TRUE(started.has_value()) << started.error().message;
  if (!started) co_return;
  beside.on_output = [&other](const Output& output) { other.bytes += output.bytes; };
  beside.on_exit = [&other](ExitStatus status) { other.ended.set(status); };
  auto starting = one.environment->start_process(std::move(beside), {});
  const Status processed = co_await starting;
  EXPECT_TRUE(processed.has_value()) << processed.error().message;
  auto running = one.environment->run_command({});
  const Status commanded = co_await running;
  EXPECT_TRUE(commanded.has_value()) << commanded.error().message;
  const auto first = co_await wait_end(loop, one);
  EXPECT_EQ(first.code, 0);
}

TEST_F(ProcessSandboxTest, StartsProcessesBesideTheCommandThatOutliveIt) {
  ProcessSandbox sandbox(loop, metrics, {directory + "/env"});
  ProcessSpec beside;
  beside.name = "extension";
  beside.command = {"/bin/sh", "-c", "echo $OWN $PLACE; sleep 60"};
  beside.platform_variables = {{"PLACE", "{task}"}};
  beside.variables = {{"OWN", "{task}"}};
  Session one;
  Session other;
  // The command waits until the process beside it has written.
  auto scenario = [](Loop& loop, ProcessSandbox& sandbox, EnvironmentSpec spec, ProcessSpec beside,
                     Session& one, Session& other, std::string task) -> Task<void> {
    auto running = run_beside(loop, sandbox, std::move(spec), std::move(beside), one, other);
    co_await running;
    const auto deadline = loop.clock().monotonic().plus_ms(kPatienceMs);
    while (other.bytes.empty() && loop.clock().monotonic() < deadline) {
      auto nap = sleep_ms(loop.clock(), 5, {});
      co_await nap;
    }
    EXPECT_EQ(other.bytes, "{task} " + task + "\n");
    EXPECT_FALSE(other.ended.has_value());
    one.environment.reset();
    co_await sandbox.stop();
  };
  run(scenario(loop, sandbox, shell("exit 0"), std::move(beside), one, other, directory + "/task"));
  EXPECT_TRUE(std::filesystem::is_empty(directory + "/env"));
}

TEST_F(ProcessSandboxTest, TellsHowAProcessBesideTheCommandEnded) {
  ProcessSandbox sandbox(loop, metrics, {directory + "/env"});
  ProcessSpec beside;
  beside.command = {"/bin/sh", "-c", "exit 3"};
  Session one;
  Session other;
  auto scenario = [](Loop& loop, ProcessSandbox& sandbox, EnvironmentSpec spec, ProcessSpec beside,
                     Session& one, Session& other) -> Task<void> {
    auto running = run_beside(loop, sandbox, std::move(spec), std::move(beside), one, other);
    co_await running;
    const auto status = co_await wait_end(loop, other);
    EXPECT_EQ(status.code, 3);
    ProcessSpec missing;
    missing.command = {"{task}/extensions/none"};
    auto starting = one.environment->start_process(std::move(missing), {});
    const Status refused = co_await starting;
    EXPECT_FALSE(refused.has_value());
    one.environment.reset();
    co_await sandbox.stop();
  };
  run(scenario(loop, sandbox, shell("sleep 0.2"), std::move(beside), one, other));
}

}  // namespace
}  // namespace kiln::sandbox
