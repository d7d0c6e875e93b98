// SPDX-License-Identifier: Apache-2.0
#include "launcher/init/start.h"

#include "os/files.h"
#include "os/mounts.h"
#include "os/namespaces.h"
#include "os/seccomp.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <signal.h>
#include <span>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace kiln::launcher {
namespace {

// AWS: 1,024 file descriptors, 1,024 processes and threads.
constexpr rlim_t kMaxDescriptors = 1024;
constexpr rlim_t kMaxProcesses = 1024;
constexpr int kLifted = 100;  // descriptors wait above every number that a Start may ask for

// What the child writes when a step fails; the pipe closes without a word when exec succeeds.
struct ChildFailure {
  char step[32];
  int error_number;
};

Status attach_mounts(const Start& start, std::span<Fd> trees) {
  for (std::size_t i = 0; i < start.mounts.size(); ++i) {
    const std::string& target = start.mounts[i].target;
    KILN_TRY_VOID(make_directories(target));
    KILN_TRY_VOID(
        restrict_tree(trees[i].get(), MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV));
    KILN_TRY_VOID(attach_tree(trees[i].get(), target));
  }
  return {};
}

Status seal_root() {
  return mount_at(nullptr, "/", nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID);
}

// From now on tenant code runs beside init, which keeps what later starts and signals need.
Status shed_capabilities(bool privileged) {
  std::vector<int> kept{CAP_SETUID, CAP_SETGID, CAP_KILL};
  // Without root the user of a process is the root of our namespace, which takes one more to map.
  if (!privileged) kept.push_back(CAP_SETFCAP);
  __user_cap_header_struct head{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct sets[2]{};
  for (const int each : kept) {
    sets[0].effective |= 1U << each;
    sets[0].permitted |= 1U << each;
  }
  if (syscall(SYS_capset, &head, sets) != 0) return fail_errno("capset", "init", errno);
  return {};
}

class Child {
 public:
  Child(const Setup& setup, const Start& start, std::span<Fd> descriptors, int go, int report)
      : setup_(setup), start_(start), descriptors_(descriptors), go_(go), report_(report) {}

  [[noreturn]] void run() {
    char byte = 0;
    if (read(go_, &byte, 1) != 1) _exit(127);
    check(setsid(), "session");
    check(syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, nullptr) < 0 && errno != ENOSYS ? -1 : 0,
          "keyring");
    reset_signals();
    place_descriptors();
    set_limits();
    become_user();
    umask(0022);
    const std::string directory = start_.directory.empty() ? "/" : start_.directory;
    check(chdir(directory.c_str()), "working directory");
    auto argv = pointers(start_.argv);
    auto variables = pointers(start_.variables);
    const auto filter = environment_filter();
    check(install_filter(filter) ? 0 : -1, "seccomp");
    execve(argv[0], argv.data(), variables.data());
    stop("exec");
  }

 private:
  [[noreturn]] void stop(const char* step) {
    ChildFailure failure{};
    failure.error_number = errno;
    std::strncpy(failure.step, step, sizeof failure.step - 1);
    (void)!write(report_, &failure, sizeof failure);
    _exit(127);
  }
  void check(long result, const char* step) {
    if (result < 0) stop(step);
  }
  void reset_signals() {
    struct sigaction by_default{};
    by_default.sa_handler = SIG_DFL;
    for (int number = 1; number < NSIG; ++number) sigaction(number, &by_default, nullptr);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
  }
  void place_descriptors() {
    check(close_range(0, ~0U, CLOSE_RANGE_CLOEXEC), "descriptors");
    const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    check(null, "descriptors");
    for (int standard = 0; standard < 3; ++standard) {
      const bool given =
          std::ranges::count(start_.descriptors, static_cast<std::uint32_t>(standard)) > 0;
      if (!given && null != standard) check(dup2(null, standard), "descriptors");
      if (!given && null == standard) check(fcntl(null, F_SETFD, 0), "descriptors");
    }
    for (std::size_t i = 0; i < descriptors_.size(); ++i) {
      check(dup2(descriptors_[i].get(), static_cast<int>(start_.descriptors[i])), "descriptors");
    }
  }
  void set_limits() {
    const auto limit = [this](int resource, rlim_t value) {
      const rlimit both{value, value};
      check(setrlimit(static_cast<__rlimit_resource>(resource), &both), "limits");
    };
    limit(RLIMIT_NOFILE, kMaxDescriptors);
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_MEMLOCK, 64 * 1024);
    if (setup_.privileged) limit(RLIMIT_NPROC, kMaxProcesses);
  }
  void become_user() {
    // An OOM kill inside shall hit the function, never init.
    (void)write_file("/proc/self/oom_score_adj", "500");
    for (int capability = 0; capability <= CAP_LAST_CAP; ++capability) {
      prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
    }
    if (setup_.privileged) check(setgroups(0, nullptr), "user");
    check(setresgid(kInsideUser, kInsideUser, kInsideUser), "user");
    check(setresuid(kInsideUser, kInsideUser, kInsideUser), "user");
    check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs");
  }
  static std::vector<char*> pointers(const std::vector<std::string>& texts) {
    std::vector<char*> result;
    for (const auto& text : texts) result.push_back(const_cast<char*>(text.c_str()));
    result.push_back(nullptr);
    return result;
  }

  const Setup& setup_;
  const Start& start_;
  std::span<Fd> descriptors_;
  const int go_;
  const int report_;
};

Status lift(std::span<Fd> descriptors) {
  for (Fd& fd : descriptors) {
    Fd high(fcntl(fd.get(), F_DUPFD_CLOEXEC, kLifted));
    if (!high) return fail_errno("fcntl(F_DUPFD_CLOEXEC)", "", errno);
    fd = std::move(high);
  }
  return {};
}

Status map_child(const Setup& setup, pid_t pid) {
  const std::string user = std::to_string(kInsideUser);
  if (!setup.privileged) return map_users(pid, user + " 0 1\n", true);
  return map_users(pid,
                   "0 " + std::to_string(setup.outer_root) + " 1\n" + user + " " +
                       std::to_string(setup.outer_user) + " 1\n",
                   false);
}

// Go's wording, which AWS shows: "fork/exec /var/task/bootstrap: permission denied".
std::string exec_message(const std::string& program, int error_number) {
  std::string reason = strerror(error_number);
  std::ranges::transform(reason, reason.begin(), [](unsigned char c) { return std::tolower(c); });
  return "fork/exec " + program + ": " + reason;
}

struct Pipe {
  Fd read_end;
  Fd write_end;
};
Result<Pipe> make_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return fail_errno("pipe2", "", errno);
  Pipe made{Fd(fcntl(ends[0], F_DUPFD_CLOEXEC, kLifted)),
            Fd(fcntl(ends[1], F_DUPFD_CLOEXEC, kLifted))};
  close(ends[0]);
  close(ends[1]);
  if (!made.read_end || !made.write_end) return fail_errno("fcntl(F_DUPFD_CLOEXEC)", "", errno);
  return made;
}

}  // namespace

Result<Launched> start_process(const Setup& setup, const Start& start, std::vector<Fd> descriptors,
                               bool first, Steps& steps, Failed& failed) {
  const std::span<Fd> trees(descriptors.data(), start.mounts.size());
  const std::span<Fd> kept = std::span(descriptors).subspan(start.mounts.size());
  if (first) {
    steps.run("mounts", "", [&] { return attach_mounts(start, trees); });
    steps.run("seal root", "", [] { return seal_root(); });
  } else if (!start.mounts.empty()) {
    steps.run("mounts", "", [] {
      return Status(fail(ErrorCode::kInvalidArgument, "the root is sealed: no mounts any more"));
    });
  }
  Launched launched;
  Pipe go, report;
  steps.run("clone", "", [&]() -> Status {
    KILN_TRY_VOID(lift(kept));
    KILN_TRY(go, make_pipe());
    KILN_TRY(report, make_pipe());
    KILN_TRY(Cloned cloned, clone_process(CLONE_NEWUSER));
    if (cloned.pid == 0) {
      go.write_end.reset();
      Child(setup, start, kept, go.read_end.get(), report.write_end.get()).run();
    }
    launched = {cloned.pid, std::move(cloned.pidfd)};
    return {};
  });
  report.write_end.reset();
  steps.run("user namespace", "", [&] { return map_child(setup, launched.pid); });
  if (first) steps.run("capabilities", "", [&] { return shed_capabilities(setup.privileged); });
  ChildFailure failure{};
  steps.run("process", "", [&]() -> Status {
    (void)!write(go.write_end.get(), "g", 1);
    if (read(report.read_end.get(), &failure, sizeof failure) <= 0) return {};
    return fail_errno(failure.step, start.argv[0], failure.error_number);
  });
  if (steps.ok()) return launched;
  failed = steps.failure(start.environment, start.process);
  if (failure.error_number != 0) {
    failed.step = failure.step;
    failed.error_number = failure.error_number;
    if (failed.step == "exec") failed.message = exec_message(start.argv[0], failure.error_number);
  }
  go.write_end.reset();
  if (launched.pid > 0) waitpid(launched.pid, nullptr, 0);
  return fail(ErrorCode::kIo, failed.message);
}

}  // namespace kiln::launcher
