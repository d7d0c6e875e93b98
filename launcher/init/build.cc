// SPDX-License-Identifier: Apache-2.0
#include "launcher/init/build.h"

#include <cerrno>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

namespace kiln::launcher {
namespace {

Status enter_cgroups(const std::vector<Fd>& entries, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    if (write(entries[i].get(), "0", 1) != 1) return fail_errno("write", "cgroup.procs", errno);
  }
  // Only now: a cgroup namespace shows the groups of its beginning as the root.
  if (unshare(CLONE_NEWCGROUP) != 0) return fail_errno("unshare(CLONE_NEWCGROUP)", "", errno);
  return {};
}

Status set_host_name(std::uint32_t environment) {
  const std::string name = host_name(environment);
  if (sethostname(name.c_str(), name.size()) != 0) return fail_errno("sethostname", name, errno);
  return {};
}

Status detach_from_host() {
  if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    return fail_errno("mount(MS_PRIVATE)", "/", errno);
  }
  return {};
}

}  // namespace

std::string host_name(std::uint32_t environment) {
  return "169-254-" + std::to_string(100 + environment / 256) + "-" +
         std::to_string(environment % 256);
}

Built build_environment(const Setup& setup, std::vector<Fd> descriptors, Steps& steps) {
  const std::string root = setup.state + "/root";
  Built built;
  steps.run("cgroup", "is the v1 hierarchy writable?",
            [&] { return enter_cgroups(descriptors, setup.cgroup_entries); });
  steps.run("host name", "", [&] { return set_host_name(setup.make.environment); });
  steps.run("private mounts", "", [&] { return detach_from_host(); });
  steps.run("root", "", [&] { return build_root(setup, root); });
  steps.run("proc", "a container with a masked /proc cannot mount another one",
            [&] { return mount_proc(root); });
  steps.run("tmp", "needs /dev/loop-control, mkfs.ext4 and room in the state directory",
            [&] { return mount_tmp(setup, root); });
  steps.run("network", "", [&] {
    Fd host = setup.host_interface.empty() ? Fd() : std::move(descriptors.at(setup.cgroup_entries));
    return build_network(setup, std::move(host));
  });
  steps.run("listeners", "", [&]() -> Status {
    KILN_TRY(built.listeners, open_listeners());
    return {};
  });
  steps.run("pivot_root", "", [&] { return enter_root(root); });
  return built;
}

}  // namespace kiln::launcher
