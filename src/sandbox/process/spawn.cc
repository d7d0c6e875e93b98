// SPDX-License-Identifier: Apache-2.0
#include "sandbox/process/spawn.h"

#include "os/landlock.h"
#include "os/seccomp.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <fcntl.h>
#include <linux/capability.h>
#include <memory>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace kiln::sandbox {
namespace {

// AWS: 1,024 file descriptors. Its limit of 1,024 processes is not set here: RLIMIT_NPROC counts
// all processes of the user, the caller's own included.
constexpr rlim_t kMaxDescriptors = 1024;
constexpr rlim_t kMaxLockedBytes = 64 * 1024;
constexpr std::size_t kStackBytes = 64 * 1024;

struct Child {
  const char* program;
  char** arguments;
  char** variables;
  const char* directory;
  int null_input;
  int output;
  int frames;
  int runtime_api;                 // negative: none
  const Confinement* confinement;  // none: null
  pid_t parent;
  // Written by the child, which shares our memory until its exec.
  const char* failed_step;
  int error;
};

// All but the filter, which would forbid what comes after. The name of the step that failed.
const char* confine(int file_rules) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  const __user_cap_data_struct none[2] = {};
  if (syscall(SYS_capset, &header, none) != 0) return "capset";
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return "prctl(PR_SET_NO_NEW_PRIVS)";
  if (!allow_own_proc(file_rules)) return "landlock_add_rule";
  if (!confine_files(file_rules)) return "landlock_restrict_self";
  const rlimit locked{kMaxLockedBytes, kMaxLockedBytes};
  if (setrlimit(RLIMIT_MEMLOCK, &locked) != 0 && errno != EPERM) return "setrlimit(RLIMIT_MEMLOCK)";
  return nullptr;
}

// Runs in the borrowed address space: system calls and stack only.
int run_child(void* argument) {
  auto* child = static_cast<Child*>(argument);
  const auto failed = [child](const char* step) {
    child->failed_step = step;
    child->error = errno;
    _exit(127);
    return 127;
  };
  struct sigaction by_default{};
  by_default.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) sigaction(number, &by_default, nullptr);

  if (setsid() < 0) return failed("setsid");
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return failed("prctl(PR_SET_PDEATHSIG)");
  if (getppid() != child->parent) _exit(127);
  if (dup2(child->null_input, 0) < 0 || dup2(child->output, 1) < 0 || dup2(child->output, 2) < 0 ||
      dup2(child->frames, 3) < 0) {
    return failed("dup2");
  }
  if (child->runtime_api >= 0 && dup2(child->runtime_api, 4) < 0) return failed("dup2");
  if (chdir(child->directory) != 0) return failed("chdir");
  if (child->confinement != nullptr) {
    if (const char* step = confine(child->confinement->file_rules)) return failed(step);
  }
  close_range(child->runtime_api >= 0 ? 5 : 4, ~0U, 0);
  const rlimit descriptors{kMaxDescriptors, kMaxDescriptors};
  if (setrlimit(RLIMIT_NOFILE, &descriptors) != 0) return failed("setrlimit(RLIMIT_NOFILE)");
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  umask(0022);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  if (child->confinement != nullptr && !install_filter(child->confinement->filter)) {
    return failed("seccomp");
  }
  execve(child->program, child->arguments, child->variables);
  return failed("execve");
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> result;
  result.reserve(texts.size() + 1);
  for (const auto& text : texts) result.push_back(const_cast<char*>(text.c_str()));
  result.push_back(nullptr);
  return result;
}

// ThreadSanitizer's interceptor of clone() does not know CLONE_VM; glibc's own name passes it by.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define KILN_TSAN
#endif
#endif
#ifdef KILN_TSAN
extern "C" int __clone(int (*)(void*), void*, int, void*, ...);
constexpr auto clone_vm = __clone;
#else
constexpr auto clone_vm = clone;
#endif

// A copy above the descriptors that the child overwrites.
Result<Fd> lifted(int fd) {
  Fd copy(fcntl(fd, F_DUPFD_CLOEXEC, 10));
  if (!copy) return fail_errno("fcntl(F_DUPFD_CLOEXEC)", "", errno);
  return copy;
}

std::unexpected<Error> exec_failure(const Child& child, const SpawnSpec& spec) {
  if (std::string_view(child.failed_step) != "execve") {
    return fail_errno(child.failed_step, spec.directory, child.error);
  }
  // Go's wording, which AWS shows: "fork/exec /var/task/bootstrap: permission denied".
  std::string reason = strerror(child.error);
  std::ranges::transform(reason, reason.begin(), [](unsigned char c) { return std::tolower(c); });
  return fail(ErrorCode::kInvalidArgument, "fork/exec " + spec.program + ": " + reason);
}

}  // namespace

Result<Spawned> spawn(const SpawnSpec& spec) {
  Fd null_input(open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!null_input) return fail_errno("open", "/dev/null", errno);
  KILN_TRY(const Fd input, lifted(null_input.get()));
  KILN_TRY(const Fd output, lifted(spec.output));
  KILN_TRY(const Fd frames, lifted(spec.frames));
  Confinement confinement;
  Fd file_rules;
  if (spec.confinement != nullptr) {
    KILN_TRY(file_rules, lifted(spec.confinement->file_rules));
    confinement = {file_rules.get(), spec.confinement->filter};
  }
  Fd runtime_api;
  if (spec.runtime_api >= 0) {
    KILN_TRY(runtime_api, lifted(spec.runtime_api));
  }
  auto arguments = pointers(spec.arguments);
  auto variables = pointers(spec.variables);
  Child child{.program = spec.program.c_str(),
              .arguments = arguments.data(),
              .variables = variables.data(),
              .directory = spec.directory.c_str(),
              .null_input = input.get(),
              .output = output.get(),
              .frames = frames.get(),
              .runtime_api = runtime_api.get(),
              .confinement = spec.confinement != nullptr ? &confinement : nullptr,
              .parent = getpid(),
              .failed_step = nullptr,
              .error = 0};

  const auto stack = std::make_unique_for_overwrite<unsigned char[]>(kStackBytes);
  // No handler of ours may run in the child while it shares our memory.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int pidfd = -1;
  const pid_t pid = clone_vm(run_child, stack.get() + kStackBytes,
                             CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, &child, &pidfd);
  const int clone_error = errno;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0) return fail_errno("clone", "", clone_error);
  Spawned spawned{pid, Fd(pidfd)};
  if (child.failed_step != nullptr) {
    siginfo_t info;
    waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED);
    return exec_failure(child, spec);
  }
  return spawned;
}

}  // namespace kiln::sandbox
