// SPDX-License-Identifier: Apache-2.0
// The root of an environment: a small tmpfs that holds the host's programs read-only, a few files
// of /etc and empty places for the function. It is sealed (read-only) when the first process
// starts.
#include "launcher/init/build.h"
#include "os/files.h"
#include "os/mounts.h"

#include <cerrno>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace kiln::launcher {
namespace {

constexpr const char* kFolders[] = {"/usr", "/etc", "/etc/ssl",  "/proc",        "/dev",
                                    "/tmp", "/var", "/var/task", "/var/runtime", "/var/lang",
                                    "/opt", "/mnt", "/run",      "/home"};
// On merged systems links to /usr, elsewhere folders.
constexpr const char* kSystem[] = {"/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"};
// What programs and TLS libraries look up; none holds a secret. Those that a host lacks are left
// out.
constexpr const char* kConfiguration[] = {
    "/etc/ld.so.cache", "/etc/ssl/certs",    "/etc/ssl/openssl.cnf", "/etc/ca-certificates",
    "/etc/pki",         "/etc/alternatives", "/etc/services",        "/etc/protocols",
    "/etc/mime.types",  "/etc/os-release",   "/etc/crypto-policies"};
// Host facts that are nobody's business inside; the rest of /proc that matters is root's alone.
constexpr const char* kMasked[] = {"/proc/cmdline",    "/proc/keys",       "/proc/key-users",
                                   "/proc/modules",    "/proc/kallsyms",   "/proc/timer_list",
                                   "/proc/kcore",      "/proc/interrupts", "/proc/sysrq-trigger",
                                   "/proc/partitions", "/proc/diskstats",  "/proc/swaps"};

struct Node {
  const char* path;
  unsigned minor;
};
constexpr Node kNodes[] = {
    {"/dev/null", 3}, {"/dev/zero", 5}, {"/dev/full", 7}, {"/dev/random", 8}, {"/dev/urandom", 9}};

Status make_node(const Node& node, const std::string& root, bool privileged) {
  const std::string path = root + node.path;
  if (privileged) {
    if (mknod(path.c_str(), S_IFCHR | 0666, makedev(1, node.minor)) != 0) {
      return fail_errno("mknod", path, errno);
    }
    if (chmod(path.c_str(), 0666) != 0) return fail_errno("chmod", path, errno);
    return {};
  }
  KILN_TRY_VOID(create_file(path, ""));
  return mount_at(node.path, path, nullptr, MS_BIND);
}

Status link_to(const char* target, const std::string& path) {
  if (symlink(target, path.c_str()) != 0) return fail_errno("symlink", path, errno);
  return {};
}

Status copy_system_place(const std::string& path, const std::string& root) {
  char target[256];
  const auto size = readlink(path.c_str(), target, sizeof target - 1);
  if (size > 0) {
    target[size] = '\0';
    return link_to(target, root + path);
  }
  struct stat found{};
  if (stat(path.c_str(), &found) != 0) return {};
  KILN_TRY_VOID(make_directories(root + path));
  return bind_read_only(path, root + path);
}

Status bind_configuration(const std::string& path, const std::string& root) {
  struct stat found{};
  if (stat(path.c_str(), &found) != 0) return {};
  if (S_ISDIR(found.st_mode)) {
    KILN_TRY_VOID(make_directories(root + path));
  } else {
    KILN_TRY_VOID(create_file(root + path, ""));
  }
  return bind_read_only(path, root + path);
}

Status write_configuration(const std::string& root, const std::string& name) {
  const std::string user = std::to_string(kInsideUser);
  const std::pair<const char*, std::string> files[] = {
      {"/etc/passwd", "root:x:0:0:root:/root:/sbin/nologin\nsbx_user1051:x:" + user + ":" + user +
                          "::/home/sbx_user1051:/sbin/nologin\n"},
      {"/etc/group", "root:x:0:\nsbx_user1051:x:" + user + ":\n"},
      {"/etc/hosts", "127.0.0.1 localhost sandbox.localdomain sandbox " + name + "\n"},
      {"/etc/resolv.conf", "nameserver 169.254.100.1\noptions timeout:1 attempts:2\n"},
      {"/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n"},
      {"/etc/host.conf", "multi on\n"}};
  for (const auto& [path, text] : files) {
    KILN_TRY_VOID(create_file(root + path, text));
  }
  return link_to("/usr/share/zoneinfo/UTC", root + "/etc/localtime");
}

}  // namespace

Status build_root(const Setup& setup, const std::string& root) {
  KILN_TRY_VOID(mount_at("kiln", root, "tmpfs", MS_NOSUID, "size=2m,nr_inodes=2048,mode=755"));
  for (const char* folder : kFolders) {
    KILN_TRY_VOID(make_directories(root + folder));
  }
  for (const auto& node : kNodes) {
    KILN_TRY_VOID(make_node(node, root, setup.privileged));
  }
  KILN_TRY_VOID(link_to("/proc/self/fd", root + "/dev/fd"));
  KILN_TRY_VOID(link_to("/proc/self/fd/0", root + "/dev/stdin"));
  KILN_TRY_VOID(link_to("/proc/self/fd/1", root + "/dev/stdout"));
  KILN_TRY_VOID(link_to("/proc/self/fd/2", root + "/dev/stderr"));
  KILN_TRY_VOID(bind_read_only("/usr", root + "/usr"));
  for (const char* place : kSystem) {
    KILN_TRY_VOID(copy_system_place(place, root));
  }
  for (const char* path : kConfiguration) {
    KILN_TRY_VOID(bind_configuration(path, root));
  }
  return write_configuration(root, host_name(setup.make.environment));
}

Status mount_proc(const std::string& root) {
  KILN_TRY_VOID(
      mount_at("proc", root + "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, "hidepid=2"));
  for (const char* path : kMasked) {
    const std::string target = root + path;
    if (access(target.c_str(), F_OK) != 0) continue;
    KILN_TRY_VOID(mount_at((root + "/dev/null").c_str(), target, nullptr, MS_BIND));
  }
  return bind_read_only(root + "/proc/sys", root + "/proc/sys");
}

Status enter_root(const std::string& root) {
  if (chdir(root.c_str()) != 0) return fail_errno("chdir", root, errno);
  // The old root is stacked on the new one and then taken away: no folder is needed for it.
  if (syscall(SYS_pivot_root, ".", ".") != 0) return fail_errno("pivot_root", root, errno);
  if (umount2(".", MNT_DETACH) != 0) return fail_errno("umount2(MNT_DETACH)", "old root", errno);
  if (chdir("/") != 0) return fail_errno("chdir", "/", errno);
  return {};
}

}  // namespace kiln::launcher
