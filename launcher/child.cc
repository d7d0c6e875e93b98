// SPDX-License-Identifier: Apache-2.0
#include "launcher/child.h"

#include "launcher/setup.h"
#include "os/files.h"
#include "os/seccomp.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/keyctl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace kiln::launcher {
namespace {

// AWS: 1,024 file descriptors, 1,024 processes and threads.
constexpr rlim_t kMaxDescriptors = 1024;
constexpr rlim_t kMaxProcesses = 1024;
constexpr rlim_t kMaxLockedBytes = 64 * 1024;

void drop_bounding_set(std::initializer_list<int> kept) {
  for (int capability = 0; capability <= CAP_LAST_CAP; ++capability) {
    if (std::ranges::find(kept, capability) == kept.end()) {
      prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
    }
  }
}

}  // namespace

Result<Pipe> make_lifted_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return fail_errno("pipe2", "", errno);
  const Fd read_end(ends[0]);
  const Fd write_end(ends[1]);
  Pipe made{Fd(fcntl(ends[0], F_DUPFD_CLOEXEC, kLifted)),
            Fd(fcntl(ends[1], F_DUPFD_CLOEXEC, kLifted))};
  if (!made.read_end || !made.write_end) return fail_errno("fcntl(F_DUPFD_CLOEXEC)", "", errno);
  return made;
}

Status lift(std::span<Fd> descriptors) {
  for (Fd& fd : descriptors) {
    Fd high(fcntl(fd.get(), F_DUPFD_CLOEXEC, kLifted));
    if (!high) return fail_errno("fcntl(F_DUPFD_CLOEXEC)", "", errno);
    fd = std::move(high);
  }
  return {};
}

std::vector<char*> c_strings(const std::vector<std::string>& texts) {
  std::vector<char*> result;
  result.reserve(texts.size() + 1);
  for (const auto& text : texts) result.push_back(const_cast<char*>(text.c_str()));
  result.push_back(nullptr);
  return result;
}

std::string user_map(std::uint32_t outer_root, std::uint32_t outer_user) {
  return "0 " + std::to_string(outer_root) + " 1\n" + std::to_string(kInsideUser) + " " +
         std::to_string(outer_user) + " 1\n";
}

void Child::stop(const char* step) {
  ChildReport report{};
  report.error_number = errno != 0 ? errno : EINVAL;
  std::strncpy(report.step, step, sizeof report.step - 1);
  (void)!write(report_, &report, sizeof report);
  _exit(127);
}

void Child::prepare(bool limit_processes) {
  check(setsid(), "session");
  const long keyring = syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, nullptr);
  if (keyring < 0 && errno != ENOSYS) stop("keyring");
  struct sigaction by_default{};
  by_default.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) sigaction(number, &by_default, nullptr);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  place_descriptors();
  const auto limit = [this](int resource, rlim_t value) {
    const rlimit both{value, value};
    check(setrlimit(static_cast<__rlimit_resource>(resource), &both), "limits");
  };
  limit(RLIMIT_NOFILE, kMaxDescriptors);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_MEMLOCK, kMaxLockedBytes);
  if (limit_processes) limit(RLIMIT_NPROC, kMaxProcesses);
  umask(0022);
}

void Child::place_descriptors() {
  std::vector<unsigned> used(start_.descriptors.begin(), start_.descriptors.end());
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  check(null, "descriptors");
  const int high_null = fcntl(null, F_DUPFD_CLOEXEC, kLifted);
  check(high_null, "descriptors");
  for (unsigned standard = 0; standard < 3; ++standard) {
    if (std::ranges::find(used, standard) != used.end()) continue;
    check(dup2(high_null, static_cast<int>(standard)), "descriptors");
    used.push_back(standard);
  }
  for (std::size_t i = 0; i < descriptors_.size(); ++i) {
    check(dup2(descriptors_[i].get(), static_cast<int>(start_.descriptors[i])), "descriptors");
  }
  // Everything between and above them goes.
  used.push_back(static_cast<unsigned>(report_));
  std::ranges::sort(used);
  unsigned next = 0;
  for (const unsigned number : used) {
    if (number > next) check(close_range(next, number - 1, 0), "descriptors");
    next = number + 1;
  }
  check(close_range(next, ~0U, 0), "descriptors");
}

void Child::become_tenant(bool drop_groups) {
  // An OOM kill inside shall hit the function, never init.
  (void)write_file("/proc/self/oom_score_adj", "500");
  drop_bounding_set({});
  if (drop_groups) check(setgroups(0, nullptr), "user");
  check(setresgid(kInsideUser, kInsideUser, kInsideUser), "user");
  check(setresuid(kInsideUser, kInsideUser, kInsideUser), "user");
  // By hand, because a zygote's child was no root of this user namespace that would lose them.
  __user_cap_header_struct head{_LINUX_CAPABILITY_VERSION_3, 0};
  const __user_cap_data_struct none[2]{};
  check(syscall(SYS_capset, &head, none), "capabilities");
  check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs");
  check(chdir(start_.directory.empty() ? "/" : start_.directory.c_str()), "working directory");
  check(install_filter(environment_filter()) ? 0 : -1, "seccomp");
}

void Child::become_zygote() {
  // CAP_KILL because init has it: the kernel lets nobody into the namespaces of a process that can
  // do more.
  drop_bounding_set({CAP_SYS_ADMIN, CAP_SYS_CHROOT, CAP_SETUID, CAP_SETGID, CAP_SETPCAP, CAP_KILL});
  check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs");
  check(prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0), "parent");
  check(chdir(start_.directory.empty() ? "/" : start_.directory.c_str()), "working directory");
}

void Child::exec() {
  auto argv = c_strings(start_.argv);
  auto variables = c_strings(start_.variables);
  check(fcntl(report_, F_SETFD, FD_CLOEXEC), "descriptors");
  execve(argv[0], argv.data(), variables.data());
  stop("exec");
}

}  // namespace kiln::launcher
