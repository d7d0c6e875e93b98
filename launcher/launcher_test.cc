// SPDX-License-Identifier: Apache-2.0
// The launcher and its init on the real kernel, as root: what they make, what a hostile program
// inside can do, and what is left afterwards.
#include "launcher/lab.h"
#include "launcher/left.h"
#include "os/files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <set>
#include <signal.h>
#include <sys/socket.h>
#include <thread>

namespace kiln::launcher {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

const std::string kHostile = "/var/task/hostile";

bool eventually(const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

// Loop devices over files of this lab.
int loop_devices(const Lab& lab) {
  int count = 0;
  for (const auto& device : fs::directory_iterator("/sys/block")) {
    const auto file = read_file(device.path() / "loop/backing_file");
    if (file && file->contains(lab.directory())) ++count;
  }
  return count;
}

// Group folders of environments of the launcher `pid`, in all hierarchies.
int group_folders(pid_t pid) {
  int count = 0;
  const std::string prefix = std::to_string(pid) + "-";
  std::error_code error;
  for (auto at = fs::recursive_directory_iterator("/sys/fs/cgroup", error);
       !error && at != fs::end(at); at.increment(error)) {
    if (!at->is_directory()) continue;
    if (at->path().parent_path().filename().string().starts_with(prefix)) ++count;
  }
  return count;
}

class LauncherTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (geteuid() != 0) return;
    lab_ = new Lab(KILN_LAUNCHER_PROGRAMS);
    for (const std::string name : {"hostile", "zygote_sample"}) {
      fs::copy_file(std::string(KILN_LAUNCHER_PROGRAMS) + "/launcher_" + name,
                    lab_->task() + "/" + name);
    }
  }
  static void TearDownTestSuite() {
    delete lab_;
    lab_ = nullptr;
  }
  void SetUp() override {
    if (lab_ == nullptr) GTEST_SKIP() << "needs root: the launcher's level \"root\" is not tested";
  }
  void TearDown() override {
    if (lab_ == nullptr) return;
    for (const auto number : made_) EXPECT_TRUE(lab_->destroy(number).has_value());
  }

  std::uint32_t make(std::uint32_t tmp_mb = 16, bool egress = true,
                     std::vector<Fd>* descriptors = nullptr) {
    const auto number = next_++;
    const auto made = lab_->make(number, tmp_mb, egress, descriptors);
    EXPECT_TRUE(made.has_value()) << made.error().message;
    made_.push_back(number);
    return number;
  }
  // Runs it in an environment of its own.
  Outcome run(std::vector<std::string> argv, std::uint32_t memory_mb = 256) {
    auto outcome = lab_->run(make(), std::move(argv), true, 1, memory_mb);
    EXPECT_TRUE(outcome.has_value()) << outcome.error().message;
    return outcome.value_or(Outcome{});
  }
  void expect_refused(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), kHostile);
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.exited.wait_status, 0) << arguments[1] << ": " << outcome.output;
  }

  static inline Lab* lab_ = nullptr;
  static inline std::uint32_t next_ = 1;
  std::vector<std::uint32_t> made_;
};

TEST_F(LauncherTest, SaysWhatItEnforces) {
  EXPECT_EQ(lab_->ready().level, "root");
  EXPECT_EQ(lab_->ready().tmp, "image");
  EXPECT_THAT(lab_->ready().unenforced, testing::IsEmpty());
}

TEST_F(LauncherTest, ACommandRunsAsTheSandboxUserAndItsExitIsReported) {
  const Outcome outcome = run({"/bin/sh", "-c", "id -un; id -G; hostname; pwd; exit 7"});
  EXPECT_EQ(outcome.exit_code(), 7);
  EXPECT_THAT(outcome.output, HasSubstr("sbx_user1051\n993\n169-254-100-"));
  EXPECT_GT(outcome.exited.memory_peak_bytes, 0u);
}

TEST_F(LauncherTest, NothingOfTheLauncherIsHandedOn) {
  EXPECT_EQ(run({"/usr/bin/env"}).output, "PATH=/usr/bin:/bin\n");
  EXPECT_EQ(run({"/bin/ls", "/proc/self/fd"}).output, "0\n1\n2\n3\n");  // 3: the listing itself
}

TEST_F(LauncherTest, OutsideEachHasAUserOfItsOwn) {
  std::set<std::string> users;
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(lab_->start(make(), {kHostile, "sleep"}).has_value());
    const auto about = read_file("/proc/self/fdinfo/" + std::to_string(lab_->pidfd().get()));
    const auto pid = about->substr(about->find("Pid:\t") + 5);
    const auto status = read_file("/proc/" + pid.substr(0, pid.find('\n')) + "/status");
    ASSERT_TRUE(status.has_value());
    const auto user = status->substr(status->find("Uid:\t") + 5, 10);
    EXPECT_THAT(user, testing::StartsWith("1000"));
    users.insert(user);
  }
  EXPECT_EQ(users.size(), 3u);
}

TEST_F(LauncherTest, ACrashIsTheSignalThatItWas) {
  // As process 1 abort() would look like SIGSEGV.
  EXPECT_EQ(run({kHostile, "abort"}).signal(), SIGABRT);
}

TEST_F(LauncherTest, ACommandThatCannotRunIsNamedAsAwsNamesIt) {
  const auto missing = lab_->run(make(), {"/var/task/bootstrap"});
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().message,
            "exec: fork/exec /var/task/bootstrap: no such file or directory");
  std::ofstream(lab_->task() + "/text") << "no program";
  const auto denied = lab_->run(make(), {"/var/task/text"});
  ASSERT_FALSE(denied.has_value());
  EXPECT_EQ(denied.error().message, "exec: fork/exec /var/task/text: permission denied");
}

TEST_F(LauncherTest, LaterProcessesFindTheSameTmp) {
  const auto number = make();
  ASSERT_TRUE(lab_->run(number, {"/bin/sh", "-c", "echo kept > /tmp/file"}).has_value());
  const auto second = lab_->run(number, {"/bin/cat", "/tmp/file"}, false, 2);
  ASSERT_TRUE(second.has_value()) << second.error().message;
  EXPECT_EQ(second->output, "kept\n");
}

TEST_F(LauncherTest, SeveralDirectoriesAreMergedAndTheLastOneWins) {
  const std::string base = lab_->directory();
  for (const char* layer : {"first", "second"}) {
    fs::create_directories(base + "/" + layer + "/lib");
    std::ofstream(base + "/" + layer + "/lib/same") << layer;
    std::ofstream(base + "/" + layer + "/lib/" + layer) << layer;
  }
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const Fd output(ends[0]);
  const Fd input(ends[1]);
  const Fd first(open((base + "/first").c_str(), O_PATH));
  const Fd second(open((base + "/second").c_str(), O_PATH));
  Start start;
  start.environment = make();
  start.argv = {"/bin/sh", "-c", "cat /opt/lib/same; ls /opt/lib; touch /opt/x || true"};
  start.mounts = {{"/opt", 2}};
  start.descriptors = {1};
  const int descriptors[] = {first.get(), second.get(), input.get()};
  ASSERT_TRUE(lab_->send(start, descriptors).has_value());
  const auto exited = lab_->wait<Exited>(start.environment);
  ASSERT_TRUE(exited.has_value()) << exited.error().message;
  char text[256] = {};
  ASSERT_GT(read(output.get(), text, sizeof text - 1), 0);
  EXPECT_STREQ(text, "secondfirst\nsame\nsecond\n");
}

TEST_F(LauncherTest, EveryAttemptToGetOutIsRefused) {
  const Outcome outcome = run({kHostile, "everything"});
  EXPECT_EQ(outcome.exited.wait_status, 0) << outcome.output;
}

TEST_F(LauncherTest, AnotherInstructionSetEndsTheProcess) { expect_refused({"int80"}); }

TEST_F(LauncherTest, OnlyOwnProcessesAreInSight) { expect_refused({"processes"}); }

TEST_F(LauncherTest, InitCannotBeKilledFromInside) { expect_refused({"kill init"}); }

TEST_F(LauncherTest, HostPathsAreNotThere) {
  expect_refused({"absent", lab_->directory()});
  expect_refused({"absent", KILN_LAUNCHER_PROGRAMS});
  expect_refused({"absent", "/var/run/docker.sock"});
  expect_refused({"unreadable", "/proc/kcore"});
  expect_refused({"unreadable", "/proc/self/../1/maps"});
}

TEST_F(LauncherTest, NobodySeesTheTmpOfAnother) {
  const auto first = make();
  const auto second = make();
  ASSERT_TRUE(lab_->run(first, {"/bin/sh", "-c", "echo secret > /tmp/secret"}).has_value());
  const auto other = lab_->run(second, {"/bin/ls", "-A", "/tmp"});
  ASSERT_TRUE(other.has_value());
  EXPECT_EQ(other->output, "");
}

TEST_F(LauncherTest, TmpEndsAtItsSizeAndNotBefore) {
  const Outcome outcome = run({kHostile, "fill tmp"}, 64);
  EXPECT_EQ(outcome.exited.wait_status, 0) << outcome.output;
  const int mb = std::atoi(outcome.output.c_str());
  EXPECT_GE(mb, 16);
  EXPECT_LE(mb, 21);
  EXPECT_EQ(outcome.exited.oom_kills, 0u);  // on disk, not in memory
}

TEST_F(LauncherTest, AForkBombMeetsItsLimit) { expect_refused({"fork bomb"}); }

TEST_F(LauncherTest, DescriptorsMeetTheirLimit) { expect_refused({"descriptors"}); }

TEST_F(LauncherTest, RunningOutOfMemoryIsReportedAndInitSurvives) {
  const auto number = make();
  const auto outcome = lab_->run(number, {kHostile, "memory"}, true, 1, 64);
  ASSERT_TRUE(outcome.has_value()) << outcome.error().message;
  EXPECT_EQ(outcome->signal(), SIGKILL);
  EXPECT_GE(outcome->exited.oom_kills, 1u);
  EXPECT_GT(outcome->exited.memory_peak_bytes, 50u << 20);
  const auto again = lab_->run(number, {"/bin/true"}, false, 2, 64);
  ASSERT_TRUE(again.has_value()) << again.error().message;
  EXPECT_EQ(again->exited.wait_status, 0);
}

TEST_F(LauncherTest, TheRuntimeApiAnswersInsideAndItsListenerIsOurs) {
  std::vector<Fd> descriptors;
  const auto number = make(16, true, &descriptors);
  ASSERT_EQ(descriptors.size(), 6u);
  const auto output = lab_->start(number, {"/bin/bash", "-c",
                                           "exec 3<>/dev/tcp/127.0.0.1/9001; echo hello >&3;"
                                           "exec 4<>/dev/tcp/169.254.100.1/4566; echo there >&4;"
                                           "echo name > /dev/udp/169.254.100.1/53"});
  ASSERT_TRUE(output.has_value()) << output.error().message;
  const char* expected[] = {"hello\n", "there\n", "name\n"};
  for (int i = 0; i < 3; ++i) {
    pollfd source{descriptors[i].get(), POLLIN, 0};
    ASSERT_EQ(poll(&source, 1, 5000), 1) << i;
    Fd peer;
    if (i < 2) peer.reset(accept(descriptors[i].get(), nullptr, nullptr));
    char text[16] = {};
    ASSERT_GT(recv(i < 2 ? peer.get() : descriptors[i].get(), text, sizeof text - 1, 0), 0);
    EXPECT_STREQ(text, expected[i]);
  }
  EXPECT_TRUE(lab_->wait<Exited>(number).has_value());
}

TEST_F(LauncherTest, TheServerConnectsToWhatListensInside) {
  std::vector<Fd> listeners;  // among them the Runtime API's
  const auto number = make(16, true, &listeners);
  const auto output = lab_->start(number, {"/bin/sleep", "100"});
  ASSERT_TRUE(output.has_value()) << output.error().message;
  std::vector<Fd> descriptors;
  ASSERT_TRUE(lab_->send(Connect{number, 9001}).has_value());
  const auto connected = lab_->wait<Connected>(number, &descriptors);
  ASSERT_TRUE(connected.has_value()) << connected.error().message;
  ASSERT_EQ(descriptors.size(), 1u);
  EXPECT_EQ(write(descriptors[0].get(), "x", 1), 1);
  ASSERT_TRUE(lab_->send(Connect{number, 9002}).has_value());
  const auto refused = lab_->wait<Connected>(number);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().message,
            "connect: connect 127.0.0.1:9002: Connection refused (ECONNREFUSED)");
}

TEST_F(LauncherTest, HostAndOtherEnvironmentsCannotBeReached) {
  // A server of the host on all its addresses, and one in another environment.
  const Fd server(socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in place{};
  place.sin_family = AF_INET;
  ASSERT_EQ(bind(server.get(), reinterpret_cast<sockaddr*>(&place), sizeof place), 0);
  ASSERT_EQ(listen(server.get(), 8), 0);
  socklen_t size = sizeof place;
  getsockname(server.get(), reinterpret_cast<sockaddr*>(&place), &size);
  const std::string port = ":" + std::to_string(ntohs(place.sin_port));
  for (const char* address : {"127.0.0.1", "169.254.100.2", "169.254.169.254"}) {
    expect_refused({"connect", address + port});
  }
  const auto neighbour = make();
  const auto address = [&] {
    const auto outcome = lab_->run(neighbour, {"/bin/sh", "-c", "ip -4 -o addr show eth0"});
    if (!outcome) return std::string();
    const auto at = outcome->output.find("198.19.");
    return outcome->output.substr(at, outcome->output.find('/', at) - at);
  }();
  ASSERT_THAT(address, HasSubstr("198.19.")) << "needs the ip program";
  const auto listening = lab_->start(
      neighbour,
      {"/usr/bin/perl", "-MIO::Socket::INET", "-e",
       "IO::Socket::INET->new(LocalPort=>7777,Listen=>1) or die; $|=1; print \"up\\n\"; sleep 60"},
      false, 2);
  ASSERT_TRUE(listening.has_value()) << listening.error().message;
  char up[8];
  ASSERT_GT(read(listening->get(), up, sizeof up), 0);
  expect_refused({"connect", address + ":7777"});
}

TEST_F(LauncherTest, WithoutEgressThereIsOnlyLoopback) {
  const auto outcome = lab_->run(make(16, false), {"/bin/cat", "/proc/net/dev"});
  ASSERT_TRUE(outcome.has_value());
  EXPECT_THAT(outcome->output, HasSubstr("lo:"));
  EXPECT_THAT(outcome->output, testing::Not(HasSubstr("eth0")));
}

TEST_F(LauncherTest, AFrozenEnvironmentStandsStill) {
  std::vector<Fd> descriptors;
  const auto number = make(16, true, &descriptors);
  const auto output =
      lab_->start(number, {"/bin/sh", "-c", "while echo tick; do sleep 0.01; done"});
  ASSERT_TRUE(output.has_value()) << output.error().message;
  char text[4096];
  ASSERT_GT(read(output->get(), text, sizeof text), 0);
  ASSERT_EQ(write(descriptors[3].get(), "1", 1), 1);
  fcntl(output->get(), F_SETFL, O_NONBLOCK);
  // Once nothing came for a while, nothing comes.
  ASSERT_TRUE(eventually([&] {
    while (read(output->get(), text, sizeof text) > 0) {
    }
    pollfd source{output->get(), POLLIN, 0};
    return poll(&source, 1, 100) == 0;
  }));
  ASSERT_TRUE(lab_->send(Thaw{number}).has_value());
  ASSERT_TRUE(lab_->wait<Done>(number).has_value());
  pollfd source{output->get(), POLLIN, 0};
  EXPECT_EQ(poll(&source, 1, 5000), 1);
  ASSERT_TRUE(lab_->send(Measure{number}).has_value());
  const auto usage = lab_->wait<Usage>(number);
  ASSERT_TRUE(usage.has_value());
  EXPECT_GT(usage->memory_bytes, 0u);
  EXPECT_GT(usage->cpu_us, 0u);
  EXPECT_GE(usage->pids, 2u);
}

TEST_F(LauncherTest, AFrozenEnvironmentCanBeDestroyed) {
  const auto number = make();
  ASSERT_TRUE(lab_->start(number, {kHostile, "sleep"}).has_value());
  ASSERT_TRUE(lab_->send(Freeze{number}).has_value());
  ASSERT_TRUE(lab_->wait<Done>(number).has_value());
  EXPECT_TRUE(lab_->destroy(number).has_value());
}

TEST_F(LauncherTest, SignalsReachOneProcessOrAll) {
  const auto number = make();
  ASSERT_TRUE(lab_->start(number, {kHostile, "sleep"}, true, 1).has_value());
  ASSERT_TRUE(lab_->start(number, {kHostile, "sleep"}, false, 2).has_value());
  ASSERT_TRUE(lab_->send(Signal{number, 2, SIGTERM, false}).has_value());
  auto exited = lab_->wait<Exited>(number);
  ASSERT_TRUE(exited.has_value());
  EXPECT_EQ(exited->process, 2u);
  ASSERT_TRUE(lab_->run(number, {kHostile, "daemon"}, false, 3).has_value());
  ASSERT_TRUE(lab_->send(Signal{number, 0, SIGKILL, true}).has_value());
  exited = lab_->wait<Exited>(number);
  ASSERT_TRUE(exited.has_value());
  EXPECT_EQ(exited->process, 1u);
  EXPECT_TRUE(eventually([&] {
    (void)lab_->send(Measure{number});
    const auto usage = lab_->wait<Usage>(number);
    return usage && usage->pids == 1;  // init alone: the daemon is gone too
  }));
}

TEST_F(LauncherTest, RequestsThatMakeNoSenseAreAnswered) {
  const auto twice = make();
  const auto again = lab_->make(twice);
  ASSERT_FALSE(again.has_value());
  EXPECT_THAT(again.error().message, HasSubstr("is in use"));
  const auto nowhere = lab_->start(4000, {"/bin/true"});
  ASSERT_FALSE(nowhere.has_value());
  EXPECT_THAT(nowhere.error().message, HasSubstr("no environment 4000"));
  EXPECT_TRUE(lab_->destroy(4001).has_value());
  ASSERT_TRUE(lab_->start(twice, {kHostile, "sleep"}).has_value());
  const auto mounts = lab_->start(twice, {"/bin/true"}, true, 2);
  ASSERT_FALSE(mounts.has_value());
  EXPECT_THAT(mounts.error().message, HasSubstr("sealed"));
  const auto number = lab_->start(twice, {"/bin/true"}, false, 1);
  ASSERT_FALSE(number.has_value());
  EXPECT_THAT(number.error().message, HasSubstr("in use"));
}

class ZygoteTest : public LauncherTest {
 protected:
  void SetUp() override {
    LauncherTest::SetUp();
    if (IsSkipped()) return;
    zygote_ = next_++;
    ASSERT_TRUE(lab_->send(Make{.environment = zygote_, .zygote = true}).has_value());
    ASSERT_TRUE(lab_->wait<Made>(zygote_).has_value());
    made_.push_back(zygote_);
    const auto output = lab_->start(zygote_, {"/var/task/zygote_sample"});
    ASSERT_TRUE(output.has_value()) << output.error().message;
  }
  void TearDown() override {
    if (lab_ != nullptr) lab_->zygote = kNoZygote;
    LauncherTest::TearDown();
  }
  std::uint32_t zygote_ = 0;
};

TEST_F(ZygoteTest, ItsChildIsAsConfinedAsAnyProcess) {
  const auto number = make();
  lab_->zygote = zygote_;
  const auto told = lab_->run(number, {"zygote", "tell"});
  ASSERT_TRUE(told.has_value()) << told.error().message;
  EXPECT_EQ(told->exit_code(), 5);
  EXPECT_THAT(told->output, HasSubstr("uid 993 gid 993 pid "));
  EXPECT_THAT(told->output, HasSubstr(" memory 8388608 variable PATH="));
  for (const char* set : {"CapBnd", "CapPrm", "CapEff", "CapInh"}) {
    EXPECT_THAT(told->output, HasSubstr(std::string(set) + ":\t0000000000000000"));
  }
  EXPECT_THAT(told->output, HasSubstr("Seccomp:\t2"));
  EXPECT_THAT(told->output, HasSubstr("NoNewPrivs:\t1"));
  std::uint32_t process = 2;
  for (const char* attempt : {"everything", "processes", "int80", "kill init", "fork bomb"}) {
    const auto outcome = lab_->run(number, {kHostile, attempt}, false, process++);
    ASSERT_TRUE(outcome.has_value()) << outcome.error().message;
    EXPECT_EQ(outcome->exited.wait_status, 0) << attempt << ": " << outcome->output;
    ASSERT_TRUE(lab_->send(Signal{number, 0, SIGKILL, true}).has_value());
  }
}

TEST_F(ZygoteTest, ItServesManyAndTheirMemoryLimitsHold) {
  lab_->zygote = zygote_;
  const auto first = make();
  const auto second = make();
  ASSERT_TRUE(lab_->start(first, {kHostile, "sleep"}).has_value());
  const auto eaten = lab_->run(second, {kHostile, "memory"}, true, 1, 64);
  ASSERT_TRUE(eaten.has_value()) << eaten.error().message;
  EXPECT_EQ(eaten->signal(), SIGKILL);
  EXPECT_GE(eaten->exited.oom_kills, 1u);
  ASSERT_TRUE(lab_->send(Signal{first, 1, SIGTERM, false}).has_value());
  const auto ended = lab_->wait<Exited>(first);
  ASSERT_TRUE(ended.has_value());
  EXPECT_EQ(ended->wait_status, SIGTERM);
}

TEST_F(ZygoteTest, ItsChildGoesWithTheEnvironment) {
  lab_->zygote = zygote_;
  const auto number = make();
  ASSERT_TRUE(lab_->start(number, {kHostile, "sleep"}).has_value());
  EXPECT_TRUE(lab_->destroy(number).has_value());
}

TEST_F(ZygoteTest, WithoutAZygoteTheStartFails) {
  const auto number = make();
  lab_->zygote = number;
  const auto failed = lab_->start(number, {"zygote", "tell"});
  ASSERT_FALSE(failed.has_value());
  EXPECT_THAT(failed.error().message, HasSubstr("no zygote"));
}

TEST_F(LauncherTest, AFailedStepIsNamedAndNothingOfItIsLeft) {
  for (const char* step : {"cgroup", "host name", "private mounts", "root", "proc", "tmp",
                           "network", "listeners", "pivot_root", "mounts", "seal root", "clone",
                           "user namespace", "capabilities", "process"}) {
    Lab lab(KILN_LAUNCHER_PROGRAMS, {std::string("--fail-step=") + step});
    auto made = lab.make(1);
    auto failed =
        made ? lab.start(1, {"/bin/true"}) : Result<Fd>(std::unexpected(std::move(made.error())));
    ASSERT_FALSE(failed.has_value()) << step;
    EXPECT_THAT(failed.error().message, testing::StartsWith(std::string(step) + ": injected"));
    EXPECT_TRUE(lab.destroy(1).has_value()) << step;
    EXPECT_EQ(group_folders(lab.pid()), 0) << step;
  }
}

TEST_F(LauncherTest, AStepThatFailsInTheProcessIsNamed) {
  for (const char* step : {"session", "descriptors", "limits", "user", "no_new_privs",
                           "working directory", "seccomp"}) {
    Lab lab(KILN_LAUNCHER_PROGRAMS, {std::string("--fail-step=") + step});
    ASSERT_TRUE(lab.make(1).has_value());
    const auto failed = lab.start(1, {"/bin/true"});
    ASSERT_FALSE(failed.has_value()) << step;
    EXPECT_THAT(failed.error().message, testing::StartsWith(std::string(step) + ": "));
  }
}

// The snapshot of everything that a launcher may leave on the host.
Left left_of(const Lab& lab) { return Left::of(lab.pid(), lab.directory() + "/state"); }

TEST_F(LauncherTest, ManyRoundsLeaveNothing) {
  const bool full = std::getenv("KILN_FULL") != nullptr;
  const int rounds = full ? 10'000 : 200;
  constexpr std::uint32_t kAtOnce = 8;
  ASSERT_TRUE(lab_->make(3000).has_value());  // the template of /tmp
  ASSERT_TRUE(lab_->destroy(3000).has_value());
  ASSERT_TRUE(eventually([&] {
    const Left left = left_of(*lab_);
    return left.loops == 0 && left.interfaces == 0;
  }));
  const Left before = left_of(*lab_);
  for (int round = 0; round < rounds; round += kAtOnce) {
    for (std::uint32_t i = 0; i < kAtOnce; ++i) {
      ASSERT_TRUE(lab_->send(Make{3000 + i, 16, true}).has_value());
    }
    for (std::uint32_t i = 0; i < kAtOnce; ++i) {
      const auto made = lab_->wait<Made>(3000 + i);
      ASSERT_TRUE(made.has_value()) << made.error().message;
      const auto outcome = lab_->run(3000 + i, {kHostile, "daemon"});
      ASSERT_TRUE(outcome.has_value()) << outcome.error().message;
      ASSERT_TRUE(lab_->send(Destroy{3000 + i}).has_value());
    }
    for (std::uint32_t i = 0; i < kAtOnce; ++i) {
      ASSERT_TRUE(lab_->wait<Destroyed>(3000 + i).has_value());
    }
  }
  eventually([&] { return left_of(*lab_) == before; });
  EXPECT_EQ(left_of(*lab_), before);
}

// Without root: what remains possible is in Ready's list.
class WithoutRoot : public testing::Test {
 protected:
  static constexpr unsigned kUser = 54321;
  static void SetUpTestSuite() {
    try {
      lab_ = new Lab(KILN_LAUNCHER_PROGRAMS, {"--level=userns"}, geteuid() == 0 ? kUser : 0);
    } catch (const std::exception& error) {
      reason_ = error.what();
      return;
    }
    fs::copy_file(std::string(KILN_LAUNCHER_PROGRAMS) + "/launcher_hostile",
                  lab_->task() + "/hostile");
  }
  static void TearDownTestSuite() {
    delete lab_;
    lab_ = nullptr;
  }
  void SetUp() override {
    if (lab_ == nullptr) GTEST_SKIP() << "level \"userns\" is not possible here: " << reason_;
    ASSERT_TRUE(lab_->make(1, 16, false).has_value());
  }
  void TearDown() override {
    if (lab_ != nullptr) EXPECT_TRUE(lab_->destroy(1).has_value());
  }
  static inline Lab* lab_ = nullptr;
  static inline std::string reason_;
};

TEST_F(WithoutRoot, SaysWhatItDoesNotEnforce) {
  EXPECT_EQ(lab_->ready().level, "userns");
  EXPECT_EQ(lab_->ready().tmp, "tmpfs");
  EXPECT_GE(lab_->ready().unenforced.size(), 5u);
}

TEST_F(WithoutRoot, EveryAttemptToGetOutIsRefused) {
  for (const char* attempt : {"everything", "processes", "int80", "kill init", "descriptors"}) {
    const auto outcome = lab_->run(1, {kHostile, attempt});
    ASSERT_TRUE(outcome.has_value()) << outcome.error().message;
    EXPECT_EQ(outcome->exited.wait_status, 0) << attempt << ": " << outcome->output;
    ASSERT_TRUE(lab_->destroy(1).has_value());
    ASSERT_TRUE(lab_->make(1, 16, false).has_value());
  }
}

TEST_F(WithoutRoot, TmpEndsAtItsSizeAndHostPathsAreNotThere) {
  const auto filled = lab_->run(1, {kHostile, "fill tmp"});
  ASSERT_TRUE(filled.has_value()) << filled.error().message;
  EXPECT_EQ(filled->exited.wait_status, 0) << filled->output;
  EXPECT_EQ(std::atoi(filled->output.c_str()), 16);
  const auto absent = lab_->run(1, {kHostile, "absent", lab_->directory()}, false, 2);
  ASSERT_TRUE(absent.has_value()) << absent.error().message;
  EXPECT_EQ(absent->exited.wait_status, 0) << absent->output;
}

TEST_F(WithoutRoot, FreezingIsRefusedWithTheReason) {
  ASSERT_TRUE(lab_->send(Freeze{1}).has_value());
  const auto done = lab_->wait<Done>(1);
  ASSERT_FALSE(done.has_value());
  EXPECT_THAT(done.error().message, HasSubstr("no cgroups"));
}

TEST(LauncherStart, AStateDirectoryThatOthersCanChangeIsRefused) {
  std::string pattern = fs::temp_directory_path() / "kiln-open-XXXXXX";
  const std::string open = mkdtemp(pattern.data());
  fs::permissions(open, fs::perms::all);
  auto started =
      start_launcher(std::string(KILN_LAUNCHER_PROGRAMS) + "/kiln-launcher",
                     std::string(KILN_LAUNCHER_PROGRAMS) + "/kiln-init", open + "/state");
  ASSERT_TRUE(started.has_value());
  EXPECT_FALSE(Client(started->control.get()).expect<Ready>().has_value());
  int status = 0;
  waitpid(started->pid, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 1);
  fs::remove_all(open);
}

TEST(LauncherEnd, AServerThatIsGoneTakesEverythingWithIt) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root: only root makes environments of level \"root\"";
  Lab lab(KILN_LAUNCHER_PROGRAMS);
  const pid_t pid = lab.pid();
  for (std::uint32_t i = 0; i < 4; ++i) ASSERT_TRUE(lab.make(i).has_value());
  ASSERT_TRUE(lab.start(0, {"/bin/sleep", "600"}).has_value());
  EXPECT_EQ(lab.end(), 0);
  EXPECT_EQ(group_folders(pid), 0);
  EXPECT_TRUE(eventually([&] { return loop_devices(lab) == 0; }));
}

TEST(LauncherEnd, WhatAKilledLauncherLeavesTheNextOneRemoves) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root: only root makes environments of level \"root\"";
  Lab killed(KILN_LAUNCHER_PROGRAMS);
  const pid_t pid = killed.pid();
  for (std::uint32_t i = 0; i < 3; ++i) ASSERT_TRUE(killed.make(i).has_value());
  ASSERT_TRUE(killed.start(0, {"/bin/sleep", "600"}).has_value());
  kill(pid, SIGKILL);
  killed.end();
  EXPECT_GT(group_folders(pid), 0);
  Lab next(KILN_LAUNCHER_PROGRAMS);
  EXPECT_GE(next.ready().swept, 3u);
  EXPECT_EQ(group_folders(pid), 0);
  EXPECT_TRUE(eventually([&] { return loop_devices(killed) == 0; }));
}

// In a container nobody may collect it once the server has ended, too.
TEST(LauncherEnd, AKilledOneThatNobodyCollectsIsGoneAllTheSame) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root: only root makes environments of level \"root\"";
  Lab killed(KILN_LAUNCHER_PROGRAMS);
  const pid_t pid = killed.pid();
  ASSERT_TRUE(killed.make(0).has_value());
  kill(pid, SIGKILL);
  siginfo_t info{};
  ASSERT_EQ(waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT), 0);
  const Lab next(KILN_LAUNCHER_PROGRAMS);
  EXPECT_EQ(group_folders(pid), 0);
}

}  // namespace
}  // namespace kiln::launcher
