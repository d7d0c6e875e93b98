// SPDX-License-Identifier: Apache-2.0
// Against the real launcher at level root, with a zygote whose children become their command.
// Skipped without root.
#include "async/event.h"
#include "sandbox/isolated/isolated_sandbox.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <stdlib.h>
#include <unistd.h>

namespace kiln::sandbox {
namespace {

constexpr std::int64_t kPatienceMs = 20'000;

class ZygotePoolTest : public testing::Test {
 public:
  void SetUp() override {
    if (geteuid() != 0)
      GTEST_SKIP() << "needs root: only root makes environments of level \"root\"";
    char path[] = "/tmp/kiln-zygote-test-XXXXXX";
    directory = mkdtemp(path);
    std::filesystem::create_directory(directory + "/task");
    options.launcher = KILN_LAUNCHER_PROGRAMS "/kiln-launcher";
    options.init = KILN_LAUNCHER_PROGRAMS "/kiln-init";
    options.state_directory = directory + "/state";
    options.level = "root";
    options.endpoint_connection = [](Fd) {};
    options.zygotes.max_forks = 3;
    options.zygotes.max_zygotes = 2;
    auto started = start_isolation(options);
    if (!started) GTEST_SKIP() << started.error().message;
    sandbox = open_isolated_sandbox(loop, metrics, options, std::move(*started));
  }
  void TearDown() override {
    if (sandbox) loop.run_until_complete(sandbox->stop());
    EXPECT_EQ(count("zygotes"), 0);
    sandbox.reset();
    if (!directory.empty()) std::filesystem::remove_all(directory);
  }

  EnvironmentSpec spec(std::string key, std::string script = "sleep 60") {
    EnvironmentSpec spec;
    spec.id = "env" + std::to_string(++last_);
    spec.command = {"/bin/sh", "-c", std::move(script)};
    spec.task_directory = directory + "/task";
    spec.runtime_directory = directory + "/task";
    spec.zygote.key = std::move(key);
    spec.zygote.command = {"/bin/sh", "-c", "echo ready; exec {programs}/launcher_zygote_sample"};
    return spec;
  }
  std::int64_t count(const std::string& what) {
    return metrics.counter("kiln_sandbox_" + what).value();
  }
  Task<void> pause() {
    co_await sleep_until(loop.clock(), loop.clock().monotonic().plus_ms(5), {});
  }
  Task<std::unique_ptr<Environment>> start(EnvironmentSpec spec) {
    auto started = co_await sandbox->start(std::move(spec), std::stop_token());
    EXPECT_TRUE(started.has_value()) << started.error().message;
    co_return started ? std::move(*started) : nullptr;
  }
  // Starts until one is forked; answers that one.
  Task<std::unique_ptr<Environment>> forked(std::string key) {
    const auto before = count("zygote_forks_total");
    for (int i = 0; i < 400; ++i) {
      auto starting = start(spec(key));
      auto environment = co_await std::move(starting);
      if (count("zygote_forks_total") > before) co_return environment;
      co_await pause();
    }
    ADD_FAILURE() << "no zygote became ready";
    co_return nullptr;
  }
  Task<void> until(std::string what, std::int64_t value) {
    for (int i = 0; i < kPatienceMs / 5 && count(what) != value; ++i) co_await pause();
    EXPECT_EQ(count(what), value) << what;
  }
  void run(Task<void> task) { loop.run_until_complete(std::move(task)); }

  Loop loop;
  Metrics metrics;
  IsolatedSandboxOptions options;
  std::unique_ptr<IsolatedSandbox> sandbox;
  std::string directory;

 private:
  int last_ = 0;
};

TEST_F(ZygotePoolTest, TheFirstStartDoesNotWaitAndLaterOnesAreForked) {
  run([](ZygotePoolTest& test) -> Task<void> {
    auto first = co_await test.start(test.spec("a"));
    EXPECT_EQ(test.count("zygote_forks_total"), 0);
    auto later = co_await test.forked("a");
    OneShot<ExitStatus> ended;
    later->on_exit([&](ExitStatus status) { ended.set(status); });
    later->terminate(0);
    auto status = co_await ended.wait(
        test.loop.clock(), test.loop.clock().monotonic().plus_ms(kPatienceMs), std::stop_token());
    EXPECT_TRUE(status && status->signaled);
    EXPECT_EQ(test.count("zygote_starts_total"), 1);
  }(*this));
}

TEST_F(ZygotePoolTest, AWornOneIsReplacedAndGoesWithItsLastChild) {
  run([](ZygotePoolTest& test) -> Task<void> {
    auto first = co_await test.forked("a");
    while (test.count("zygote_forks_total") < 3) co_await test.forked("a");
    EXPECT_EQ(test.count("zygote_starts_total"), 1);
    while (test.count("zygote_starts_total") < 2) co_await test.start(test.spec("a"));
    for (int i = 0; i < 20; ++i) co_await test.pause();
    EXPECT_EQ(test.count("zygotes"), 2);
    first.reset();
    co_await test.until("zygotes", 1);
    co_await test.forked("a");
    EXPECT_EQ(test.count("zygote_starts_total"), 2);
  }(*this));
}

TEST_F(ZygotePoolTest, PastTheirNumberTheLeastRecentlyUsedGoesUnlessItHasChildren) {
  run([](ZygotePoolTest& test) -> Task<void> {
    auto kept = co_await test.forked("a");
    co_await test.forked("b");
    co_await test.forked("c");
    co_await test.until("zygotes", 2);
    EXPECT_EQ(test.count("zygote_starts_total"), 3);
    co_await test.forked("a");
    EXPECT_EQ(test.count("zygote_starts_total"), 3) << "a had a child";
  }(*this));
}

TEST_F(ZygotePoolTest, AZygoteThatCannotStartIsNotTriedAgainAtOnce) {
  run([](ZygotePoolTest& test) -> Task<void> {
    for (int i = 0; i < 20; ++i) {
      auto broken = test.spec("broken");
      broken.zygote.command = {"/nonexistent"};
      co_await test.start(std::move(broken));
      co_await test.pause();
    }
    // One try, and another where the twenty starts take longer than the pause between two.
    EXPECT_LT(test.count("zygote_starts_total"), 10);
    EXPECT_EQ(test.count("zygote_forks_total"), 0);
  }(*this));
}

}  // namespace
}  // namespace kiln::sandbox
