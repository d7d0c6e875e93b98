// SPDX-License-Identifier: Apache-2.0
#include "launcher/init/start.h"

#include "launcher/child.h"
#include "os/files.h"
#include "os/mounts.h"
#include "os/namespaces.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <linux/capability.h>
#include <sched.h>
#include <span>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace kiln::launcher {
namespace {

Status attach_mounts(const std::vector<Mount>& mounts, std::span<Fd> trees) {
  for (std::size_t i = 0; i < mounts.size(); ++i) {
    const std::string& target = mounts[i].target;
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

// From now on tenant code runs beside init, which keeps what later starts and signals need; while a
// process waits, trusted code does, and mounts will come.
Status shed_capabilities(bool privileged, bool waiting = false) {
  std::vector<int> kept{CAP_SETUID, CAP_SETGID, CAP_KILL};
  if (waiting) kept.push_back(CAP_SYS_ADMIN);
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

Status map_child(const Setup& setup, pid_t pid) {
  if (setup.make.zygote) return {};
  if (!setup.privileged) return map_users(pid, std::to_string(kInsideUser) + " 0 1\n", true);
  return map_users(pid, user_map(setup.outer_root, setup.outer_user), false);
}

[[noreturn]] void run_child(const Setup& setup, const Start& start, std::span<Fd> descriptors,
                            int go, int report) {
  Child child(start, descriptors, report, setup.fail_step);
  char byte = 0;
  if (read(go, &byte, 1) != 1) _exit(127);
  child.prepare(setup.privileged && !setup.make.zygote);
  if (setup.make.zygote) {
    child.become_zygote();
  } else {
    child.become_tenant(setup.privileged);
  }
  child.exec();
}

// Go's wording, which AWS shows: "fork/exec /var/task/bootstrap: permission denied".
std::string exec_message(const std::string& program, int error_number) {
  std::string reason = strerror(error_number);
  std::ranges::transform(reason, reason.begin(), [](unsigned char c) { return std::tolower(c); });
  return "fork/exec " + program + ": " + reason;
}

}  // namespace

void attach(const Setup& setup, const Start& start, std::span<Fd> trees, bool first, Steps& steps) {
  if (!first) {
    steps.run("mounts", "", [&]() -> Status {
      if (start.mounts.empty()) return {};
      return fail(ErrorCode::kInvalidArgument, "the root is sealed: no mounts any more");
    });
    return;
  }
  steps.run("mounts", "", [&] { return attach_mounts(start.mounts, trees); });
  if (!start.waiting) steps.run("seal root", "", [] { return seal_root(); });
  if (start.zygote != kNoZygote) {
    steps.run("capabilities", "",
              [&] { return shed_capabilities(setup.privileged, start.waiting); });
  }
}

void adopt(const Setup& setup, const Adopt& adopt, std::span<Fd> trees, Steps& steps) {
  steps.run("mounts", "", [&]() -> Status {
    for (const std::string& target : adopt.removed) {
      if (umount2(target.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) != 0) {
        return fail_errno("umount2", target, errno);
      }
    }
    return attach_mounts(adopt.mounts, trees);
  });
  steps.run("seal root", "", [] { return seal_root(); });
  steps.run("capabilities", "", [&] { return shed_capabilities(setup.privileged); });
}

Result<Launched> start_process(const Setup& setup, const Start& start, std::vector<Fd> descriptors,
                               bool first, Steps& steps, Failed& failed) {
  const std::span<Fd> kept = std::span(descriptors).subspan(start.mounts.size());
  attach(setup, start, std::span(descriptors).first(start.mounts.size()), first, steps);
  Launched launched;
  Pipe go, report;
  steps.run("clone", "", [&]() -> Status {
    KILN_TRY_VOID(lift(kept));
    KILN_TRY(go, make_lifted_pipe());
    KILN_TRY(report, make_lifted_pipe());
    KILN_TRY(Cloned cloned, clone_process(setup.make.zygote ? 0 : CLONE_NEWUSER));
    if (cloned.pid == 0) {
      go.write_end.reset();
      run_child(setup, start, kept, go.read_end.get(), report.write_end.get());
    }
    launched = {cloned.pid, std::move(cloned.pidfd)};
    return {};
  });
  report.write_end.reset();
  steps.run("user namespace", "", [&] { return map_child(setup, launched.pid); });
  if (first && !setup.make.zygote) {
    steps.run("capabilities", "",
              [&] { return shed_capabilities(setup.privileged, start.waiting); });
  }
  ChildReport failure{};
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
