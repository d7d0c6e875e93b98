// SPDX-License-Identifier: Apache-2.0
// A process that saves itself, and those that go on from there.
#include "launcher/lab.h"
#include "launcher/snapshot/format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace kiln::snapshot {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

struct Ended {
  int status = -1;
  std::string output;
};

class SnapshotTest : public testing::Test {
 protected:
  void SetUp() override {
    if constexpr (!kHere) GTEST_SKIP() << "snapshots are made on x86-64 only";
    std::string pattern = std::filesystem::temp_directory_path() / "kiln-snapshot-XXXXXX";
    directory_ = mkdtemp(pattern.data());
    file_ = directory_ + "/file";
    sample_ = directory_ + "/sample";
    std::filesystem::copy_file(kPrograms + "/launcher_snapshot_sample", sample_);
    std::ofstream(file_).close();
  }
  void TearDown() override {
    if (!directory_.empty()) std::filesystem::remove_all(directory_);
  }

  // With the file as descriptor 3, and nothing else but the three.
  Ended run(const std::vector<std::string>& arguments) const {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return {};
    const pid_t pid = fork();
    if (pid == 0) {
      dup2(ends[1], 1);
      dup2(ends[1], 2);
      dup2(open(file_.c_str(), O_RDONLY), 3);
      close_range(4, ~0U, 0);
      if (arguments.front() == sample_) close(3);
      std::vector<char*> argv;
      for (const auto& each : arguments) argv.push_back(const_cast<char*>(each.c_str()));
      argv.push_back(nullptr);
      execv(argv[0], argv.data());
      _exit(127);
    }
    close(ends[1]);
    Ended ended;
    char buffer[4096];
    for (ssize_t size = 0; (size = read(ends[0], buffer, sizeof buffer)) > 0;)
      ended.output.append(buffer, static_cast<std::size_t>(size));
    close(ends[0]);
    waitpid(pid, &ended.status, 0);
    return ended;
  }
  Ended save(const std::string& what) const { return run({sample_, file_, what}); }
  Ended restore() const { return run({kPrograms + "/snapshot/kiln-restore", "3"}); }
  std::string reason() const {
    Header header{};
    std::ifstream(file_).read(reinterpret_cast<char*>(&header), sizeof header);
    return header.state == State::kRefused ? header.reason : "not refused";
  }

#if defined(__x86_64__)
  static constexpr bool kHere = true;
#else
  static constexpr bool kHere = false;
#endif
  inline static const std::string kPrograms = KILN_LAUNCHER_PROGRAMS;
  std::string directory_;
  std::string file_;
  std::string sample_;
};

TEST_F(SnapshotTest, AnyNumberOfProcessesGoOnFromTheSavedOne) {
  const Ended saved = save("nothing");
  ASSERT_EQ(saved.status, 0) << saved.output << reason();
  for (int i = 0; i < 5; ++i) {
    const Ended ended = restore();
    EXPECT_EQ(WEXITSTATUS(ended.status), 42) << ended.status;
    EXPECT_EQ(ended.output,
              "memory 10000 text 777 data 4712 thread 18 17 signals 1 child 9 more 100000 clock 1 "
              "own 0 pid 1\n");
  }
}

TEST_F(SnapshotTest, DevicesAreOpenedAgain) {
  ASSERT_EQ(save("random").status, 0) << reason();
  EXPECT_EQ(WEXITSTATUS(restore().status), 42);
}

TEST_F(SnapshotTest, ConnectionsAreClosedByTheOtherSide) {
  ASSERT_EQ(save("connection").status, 0) << reason();
  EXPECT_EQ(WEXITSTATUS(restore().status), 42);
}

TEST_F(SnapshotTest, WhatCannotBeSavedIsRefusedByName) {
  const std::pair<const char*, const char*> cases[] = {{"thread", "it has 2 threads"},
                                                       {"socket", "it has socket:["},
                                                       {"shared", "it shares memory"},
                                                       {"child", "it has child processes"}};
  for (const auto& [what, why] : cases) {
    const Ended ended = save(what);
    EXPECT_EQ(WEXITSTATUS(ended.status), 2) << what;
    EXPECT_THAT(reason(), StartsWith(why));
    EXPECT_THAT(restore().output, HasSubstr("it is none"));
  }
}

TEST_F(SnapshotTest, AProgramThatWasChangedSinceIsNotMixedWithTheOld) {
  ASSERT_EQ(save("nothing").status, 0);
  std::ofstream(sample_, std::ios::app) << "x";
  const Ended ended = restore();
  EXPECT_EQ(WEXITSTATUS(ended.status), kCannotRestore);
  EXPECT_THAT(ended.output, HasSubstr("was changed since"));
}

TEST_F(SnapshotTest, ATornFileIsRefused) {
  ASSERT_EQ(save("nothing").status, 0);
  std::filesystem::resize_file(file_, std::filesystem::file_size(file_) - 2 * kPage);
  EXPECT_EQ(WEXITSTATUS(restore().status), kCannotRestore);
  std::filesystem::resize_file(file_, 10);
  EXPECT_EQ(WEXITSTATUS(restore().status), kCannotRestore);
}

// Saved in one environment, restored in others, which are as confined as after any other start.
TEST_F(SnapshotTest, EnvironmentsStartFromWhatOneSaved) {
  using launcher::Exited;
  if (geteuid() != 0) GTEST_SKIP() << "isolation level root needs root";
  launcher::Lab lab(kPrograms);
  std::filesystem::copy_file(sample_, lab.task() + "/sample");
  const Fd file(memfd_create("snapshot", MFD_CLOEXEC));
  const Fd code(open(lab.task().c_str(), O_PATH | O_CLOEXEC));
  const Fd programs(open((kPrograms + "/snapshot").c_str(), O_PATH | O_CLOEXEC));
  const auto run_in = [&](std::uint32_t environment, std::vector<std::string> argv) {
    EXPECT_TRUE(lab.make(environment).has_value());
    int ends[2];
    EXPECT_EQ(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    const Fd output(ends[0]);
    const Fd input(ends[1]);
    launcher::Start start;
    start.environment = environment;
    start.process = 1;
    start.argv = std::move(argv);
    start.variables = {"LD_LIBRARY_PATH=/var/kiln"};
    start.mounts = {{"/var/task", 1}, {"/var/kiln", 1}};
    start.descriptors = {1, 2, 5};
    start.memory_mb = 256;
    const int descriptors[] = {code.get(), programs.get(), input.get(), input.get(), file.get()};
    EXPECT_TRUE(lab.send(start, descriptors).has_value());
    EXPECT_TRUE(lab.wait<launcher::Started>(environment).has_value());
    const auto exited = lab.wait<Exited>(environment);
    EXPECT_TRUE(exited.has_value());
    Ended ended;
    if (exited) ended.status = exited->wait_status;
    char buffer[4096];
    const auto size = read(output.get(), buffer, sizeof buffer);
    if (size > 0) ended.output.assign(buffer, static_cast<std::size_t>(size));
    EXPECT_TRUE(lab.destroy(environment).has_value());
    return ended;
  };
  const Ended saved = run_in(1, {"/var/task/sample", "5", "tell"});
  Header header{};
  EXPECT_EQ(pread(file.get(), &header, sizeof header, 0), static_cast<ssize_t>(sizeof header));
  ASSERT_EQ(saved.status, 0) << saved.output << header.reason;
  for (std::uint32_t environment = 2; environment < 5; ++environment) {
    const Ended ended = run_in(environment, {"/var/kiln/kiln-restore", "5"});
    EXPECT_EQ(WEXITSTATUS(ended.status), 43) << ended.status << ended.output;
    EXPECT_THAT(ended.output, StartsWith("uid 993 pid 2\n"));
    for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"}) {
      EXPECT_THAT(ended.output, HasSubstr(std::string(set) + ":\t0000000000000000\n"));
    }
    EXPECT_THAT(ended.output, HasSubstr("NoNewPrivs:\t1\n"));
    EXPECT_THAT(ended.output, HasSubstr("Seccomp:\t2\n"));
  }
}

}  // namespace
}  // namespace kiln::snapshot
