// SPDX-License-Identifier: Apache-2.0
// The escapes that the level "confined" refuses.
#include "async/event.h"
#include "os/files.h"
#include "os/landlock.h"
#include "sandbox/process/process_sandbox.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <stdlib.h>
#include <unistd.h>

namespace kiln::sandbox {
namespace {

constexpr std::int64_t kPatienceMs = 20'000;

struct Session {
  std::unique_ptr<Environment> environment;
  std::string output;
  OneShot<ExitStatus> ended;
};

class ConfinedTest : public testing::Test {
 protected:
  void SetUp() override {
    if (landlock_version() == 0) GTEST_SKIP() << "the kernel has no Landlock";
    char path[] = "/tmp/kiln-confined-test-XXXXXX";
    directory_ = mkdtemp(path);
    for (const char* name : {"/task", "/other", "/env/other/tmp"}) {
      ASSERT_TRUE(make_directories(directory_ + name));
    }
    for (const char* name : {"/task/code", "/other/code", "/env/other/tmp/file", "/key"}) {
      ASSERT_TRUE(create_file(directory_ + name, "readable\n"));
    }
  }
  void TearDown() override {
    if (!directory_.empty()) std::filesystem::remove_all(directory_);
  }

  // What the script prints.
  std::string run(std::string script) {
    ProcessSandbox sandbox(loop_, metrics_, {.directory = directory_ + "/env", .confined = true});
    EXPECT_EQ(sandbox.level(), "confined");
    EnvironmentSpec spec;
    spec.id = "mine";
    spec.command = {"/bin/bash", "-c", std::move(script)};
    spec.task_directory = directory_ + "/task";
    spec.variables = {{"ROOT", directory_}};
    Session session;
    loop_.run_until_complete(run_to_end(loop_, sandbox, session, std::move(spec)));
    return session.output;
  }
  std::string refusal(const std::string& command) {
    return run("(" + command + ") >$TMPDIR/out 2>&1 && echo done || echo refused");
  }

 private:
  static Task<void> run_to_end(Loop& loop, ProcessSandbox& sandbox, Session& session,
                               EnvironmentSpec spec) {
    auto started = co_await sandbox.start(std::move(spec), std::stop_token());
    EXPECT_TRUE(started.has_value()) << started.error().message;
    if (!started) co_return;
    session.environment = std::move(*started);
    session.environment->on_output([&](const Output& output) { session.output += output.bytes; });
    session.environment->on_exit([&](ExitStatus status) { session.ended.set(status); });
    const auto deadline = loop.clock().monotonic().plus_ms(kPatienceMs);
    const auto ended = co_await session.ended.wait(loop.clock(), deadline, std::stop_token());
    EXPECT_TRUE(ended.has_value());
    session.environment.reset();
    co_await sandbox.stop();
  }

  Loop loop_;
  Metrics metrics_;
  std::string directory_;
};

TEST_F(ConfinedTest, OwnCodeIsReadableAndOwnTmpIsWritable) {
  EXPECT_EQ(run("cat code; echo kept >$TMPDIR/x && cat $TMPDIR/x; echo x >/dev/null && echo null"),
            "readable\nkept\nnull\n");
  EXPECT_EQ(run("head -c 3 /proc/meminfo; read -r name </proc/self/comm && echo $name"),
            "Membash\n");
}

TEST_F(ConfinedTest, FilesOfOthersAreNotReadable) {
  for (const char* path : {"$ROOT/other/code", "$ROOT/env/other/tmp/file", "$ROOT/key",
                           "/etc/shadow", "/etc/hostname", "/proc/kmsg", "/dev/tty"}) {
    EXPECT_EQ(refusal(std::string("cat ") + path), "refused\n") << path;
  }
  EXPECT_EQ(refusal("ls $ROOT"), "refused\n");
  EXPECT_EQ(refusal("ls /tmp"), "refused\n");
  EXPECT_EQ(refusal("ls /proc"), "refused\n");
}

TEST_F(ConfinedTest, NothingButTmpIsWritable) {
  for (const char* path : {"code", "new", "$ROOT/key", "$ROOT/env/other/tmp/new", "/tmp/kiln-new",
                           "/dev/shm/kiln-new", "/usr/kiln-new", "/proc/self/oom_score_adj"}) {
    EXPECT_EQ(refusal(std::string("echo x >") + path), "refused\n") << path;
  }
  EXPECT_EQ(refusal("ln $ROOT/key $TMPDIR/key"), "refused\n");
  EXPECT_EQ(refusal("ln -s $ROOT/key $TMPDIR/link && cat $TMPDIR/link"), "refused\n");
  EXPECT_EQ(refusal("mknod $TMPDIR/disk b 7 0"), "refused\n");
}

TEST_F(ConfinedTest, OtherProcessesAreOutOfReach) {
  const std::string server = std::to_string(getpid());
  for (const char* name : {"cmdline", "environ", "maps", "mem", "status"}) {
    EXPECT_EQ(refusal("cat /proc/" + server + "/" + name), "refused\n") << name;
  }
  EXPECT_EQ(refusal("ls /proc/" + server + "/fd/"), "refused\n");
  EXPECT_EQ(refusal("ls /proc/" + server + "/root/"), "refused\n");
  if (landlock_version() >= 6) {
    EXPECT_EQ(refusal("kill -0 " + server), "refused\n");
  }
}

TEST_F(ConfinedTest, PrivilegesAreGoneForGood) {
  EXPECT_EQ(run("grep -E '^(CapEff|CapPrm|NoNewPrivs|Seccomp):' /proc/$$/status | tr -d '\\t'"),
            "CapPrm:0000000000000000\nCapEff:0000000000000000\nNoNewPrivs:1\nSeccomp:2\n");
  for (const char* command :
       {"unshare -U true", "unshare -m true", "mount -t tmpfs none $TMPDIR", "chroot / true",
        "nsenter -t 1 -m true", "dmesg", "renice -n -5 -p $$"}) {
    EXPECT_EQ(refusal(command), "refused\n") << command;
  }
  EXPECT_EQ(run("ulimit -n; ulimit -c"), "1024\n0\n");
}

}  // namespace
}  // namespace kiln::sandbox
