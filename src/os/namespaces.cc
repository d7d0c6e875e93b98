// SPDX-License-Identifier: Apache-2.0
#include "os/namespaces.h"

#include "os/files.h"

#include <cerrno>
#include <linux/sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace kiln {

Result<Cloned> clone_process(std::uint64_t flags, int cgroup) {
  int pidfd = -1;
  clone_args arguments{};
  arguments.flags = flags | CLONE_PIDFD;
  arguments.pidfd = reinterpret_cast<std::uintptr_t>(&pidfd);
  arguments.exit_signal = SIGCHLD;
  if (cgroup >= 0) {
    arguments.flags |= CLONE_INTO_CGROUP;
    arguments.cgroup = static_cast<std::uint64_t>(cgroup);
  }
  const long pid = syscall(SYS_clone3, &arguments, sizeof arguments);
  if (pid < 0) return fail_errno("clone3", "", errno);
  return Cloned{static_cast<pid_t>(pid), pid == 0 ? Fd() : Fd(pidfd)};
}

Status map_users(pid_t pid, const std::string& map, bool deny_setgroups) {
  const std::string directory = "/proc/" + std::to_string(pid);
  if (deny_setgroups) {
    KILN_TRY_VOID(write_file(directory + "/setgroups", "deny"));
  }
  KILN_TRY_VOID(write_file(directory + "/gid_map", map));
  return write_file(directory + "/uid_map", map);
}

}  // namespace kiln
