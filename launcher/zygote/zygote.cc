// SPDX-License-Identifier: Apache-2.0
#include "launcher/zygote/zygote.h"

#include "launcher/child.h"
#include "launcher/setup.h"
#include "os/files.h"
#include "os/namespaces.h"
#include "os/packet_socket.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <map>
#include <poll.h>
#include <sched.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace kl = kiln::launcher;

struct kiln_zygote {
  explicit kiln_zygote(int channel) : channel(channel) {}

  struct Running {
    std::uint32_t environment;
    std::uint32_t process;
  };
  int channel;
  kiln::Fd own_pids;  // our PID namespace
  kiln::Fd deaths;
  kl::Fork fork;
  std::vector<kiln::Fd> descriptors;  // as Fork lists them
  kl::Pipe go, report;
  std::int64_t began_us = 0;
  std::map<pid_t, Running> running;

  template <class Message>
  void say(const Message& message, std::span<const int> fds = {}) {
    (void)kiln::send_packet(channel, kl::encode(message), fds);
  }
  void fail(const char* step, const std::string& message, int error_number = 0) {
    say(kl::Failed{fork.start.environment, fork.start.process, step, message, error_number});
    descriptors.clear();
    go = {};
    report = {};
  }
  void collect();
  bool receive();
  // In the child: the variables that the zygote has not seen.
  void take_variables();
  std::size_t apart() const { return fork.variables_apart ? 1 : 0; }
};

namespace {

std::int64_t now_us() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1'000'000 + now.tv_nsec / 1000;
}

}  // namespace

void kiln_zygote::collect() {
  signalfd_siginfo ignored;
  while (read(deaths.get(), &ignored, sizeof ignored) > 0) {
  }
  int status = 0;
  for (pid_t pid = 0; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
    const auto found = running.find(pid);
    if (found == running.end()) continue;
    say(kl::Exited{found->second.environment, found->second.process, status, 0, 0});
    running.erase(found);
  }
}

// True when there is something to fork.
bool kiln_zygote::receive() {
  auto packet = kiln::receive_packet(channel);
  if (!packet) _exit(0);
  const auto type = kl::type_of(packet->bytes);
  if (!type || *type != kl::Type::kFork) return false;
  auto decoded = kl::decode<kl::Fork>(packet->bytes);
  if (!decoded) return false;
  fork = std::move(*decoded);
  descriptors = std::move(packet->descriptors);
  if (descriptors.size() != 1 + fork.cgroup_entries + apart() + fork.start.descriptors.size()) {
    fail("fork", "descriptors are missing");
    return false;
  }
  return true;
}

void kiln_zygote::take_variables() {
  if (!fork.variables_apart) return;
  const int file = descriptors[1 + fork.cgroup_entries].get();
  const off_t size = lseek(file, 0, SEEK_END);
  std::string text(static_cast<std::size_t>(std::max<off_t>(size, 0)), '\0');
  if (size < 0 || pread(file, text.data(), text.size(), 0) != size) _exit(127);
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\0', begin);
    if (end == std::string::npos) _exit(127);
    fork.start.variables.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
}

extern "C" {

kiln_zygote* kiln_zygote_open(int channel) {
  auto* zygote = new kiln_zygote(channel);
  zygote->own_pids.reset(open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC));
  sigset_t watched;
  sigemptyset(&watched);
  sigaddset(&watched, SIGCHLD);
  sigprocmask(SIG_BLOCK, &watched, nullptr);
  zygote->deaths.reset(signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK));
  fcntl(channel, F_SETFD, FD_CLOEXEC);
  return zygote;
}

int kiln_zygote_next(kiln_zygote* zygote) {
  for (;;) {
    pollfd sources[2] = {{zygote->channel, POLLIN, 0}, {zygote->deaths.get(), POLLIN, 0}};
    if (poll(sources, 2, -1) < 0 && errno != EINTR) return 0;
    if (sources[1].revents != 0) zygote->collect();
    if ((sources[0].revents & POLLIN) != 0 && zygote->receive()) return 1;
    if ((sources[0].revents & (POLLHUP | POLLERR)) != 0) return 0;
  }
}

int kiln_zygote_enter(kiln_zygote* zygote) {
  zygote->began_us = now_us();
  auto go = kl::make_lifted_pipe();
  auto report = kl::make_lifted_pipe();
  const auto lifted = kl::lift(zygote->descriptors);
  if (!go || !report || !lifted) {
    zygote->fail("fork", "descriptors: " + std::string(strerror(errno)), errno);
    return -1;
  }
  zygote->go = std::move(*go);
  zygote->report = std::move(*report);
  if (setns(zygote->descriptors[0].get(), CLONE_NEWPID) != 0) {
    zygote->fail("fork", "setns(CLONE_NEWPID): " + std::string(strerror(errno)), errno);
    return -1;
  }
  return 0;
}

void kiln_zygote_child(kiln_zygote* zygote) {
  const std::span<kiln::Fd> all(zygote->descriptors);
  const auto groups = all.subspan(1, zygote->fork.cgroup_entries);
  const auto kept = all.subspan(1 + zygote->fork.cgroup_entries + zygote->apart());
  zygote->take_variables();
  kl::Child child(zygote->fork.start, kept, zygote->report.write_end.get());
  for (const auto& group : groups) child.check(write(group.get(), "0", 1), "cgroup");
  constexpr int kJoined =
      CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;
  child.check(setns(all[0].get(), kJoined), "namespaces");
  child.check(unshare(CLONE_NEWUSER), "user namespace");
  const kl::ChildReport unshared{};
  char byte = 0;
  if (write(zygote->report.write_end.get(), &unshared, sizeof unshared) < 0 ||
      read(zygote->go.read_end.get(), &byte, 1) != 1) {
    _exit(127);
  }
  child.prepare(true);
  child.become_tenant(true);
  // What was not asked for has been closed by number: forget the owners.
  for (auto& fd : zygote->descriptors) fd.release();
  zygote->descriptors.clear();
  for (kiln::Fd* fd : {&zygote->go.read_end, &zygote->go.write_end, &zygote->report.read_end,
                       &zygote->own_pids, &zygote->deaths}) {
    fd->release();
  }
  zygote->report.write_end.reset();  // tells the parent that all went well
  zygote->channel = -1;
  zygote->running.clear();
}

void kiln_zygote_parent(kiln_zygote* zygote, int pid) {
  const int fork_error = errno;
  if (setns(zygote->own_pids.get(), CLONE_NEWPID) != 0) _exit(1);
  if (pid < 0) {
    return zygote->fail("fork", "fork: " + std::string(strerror(fork_error)), fork_error);
  }
  zygote->report.write_end.reset();
  zygote->go.read_end.reset();
  const auto& fork = zygote->fork;
  const kiln::Fd pidfd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  kl::ChildReport report{};
  const int from = zygote->report.read_end.get();
  if (read(from, &report, sizeof report) == sizeof report && report.error_number == 0) {
    const auto mapped = kiln::map_users(pid, kl::user_map(fork.outer_root, fork.outer_user), false);
    if (mapped) (void)!write(zygote->go.write_end.get(), "g", 1);
    zygote->go.write_end.reset();
    report = {};
    if (!mapped) {
      report.error_number = EPERM;
      std::strncpy(report.step, "user namespace", sizeof report.step - 1);
    }
    (void)!read(from, &report, sizeof report);
  }
  if (report.error_number != 0) {
    waitpid(pid, nullptr, 0);
    return zygote->fail(report.step,
                        "in the zygote's child: " + std::string(strerror(report.error_number)),
                        report.error_number);
  }
  zygote->running[pid] = {fork.start.environment, fork.start.process};
  const int passed[] = {pidfd.get()};
  zygote->say(kl::Started{fork.start.environment,
                          fork.start.process,
                          {{"fork", static_cast<std::uint32_t>(now_us() - zygote->began_us)}}},
              passed);
  zygote->descriptors.clear();
  zygote->go = {};
  zygote->report = {};
}

const char* kiln_zygote_argument(kiln_zygote* zygote, int index) {
  const auto& all = zygote->fork.start.argv;
  return index >= 0 && static_cast<std::size_t>(index) < all.size()
             ? all[static_cast<std::size_t>(index)].c_str()
             : nullptr;
}

const char* kiln_zygote_variable(kiln_zygote* zygote, int index) {
  const auto& all = zygote->fork.start.variables;
  return index >= 0 && static_cast<std::size_t>(index) < all.size()
             ? all[static_cast<std::size_t>(index)].c_str()
             : nullptr;
}
}
