// SPDX-License-Identifier: Apache-2.0
// /tmp: a sparse ext4 image of its size, copied from a template that mkfs.ext4 makes once a size.
// The image has no name and its loop device frees itself: both end with the mount.
#include "launcher/init/build.h"
#include "os/files.h"
#include "os/loop_device.h"
#include "os/mounts.h"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace kiln::launcher {
namespace {

// Inode tables and bitmaps take some 2 % of a file system; the function gets its whole size.
std::int64_t image_bytes(std::uint32_t mb) {
  constexpr std::int64_t kMb = 1024 * 1024;
  return (mb + mb / 40 + 4) * kMb;
}

Status run_mkfs(const std::string& image) {
  const pid_t pid = vfork();
  if (pid < 0) return fail_errno("vfork", "mkfs.ext4", errno);
  if (pid == 0) {
    execl("/sbin/mkfs.ext4", "mkfs.ext4", "-q", "-F", "-m", "0", "-O", "^has_journal,^resize_inode",
          "-E", "lazy_itable_init=1,nodiscard", image.c_str(), static_cast<char*>(nullptr));
    _exit(127);
  }
  int status = 0;
  if (waitpid(pid, &status, 0) < 0) return fail_errno("waitpid", "mkfs.ext4", errno);
  if (status == 0) return {};
  return fail(ErrorCode::kIo,
              "mkfs.ext4 " + image + " ended with status " + std::to_string(WEXITSTATUS(status)));
}

// Several launchers may share the folder; no two environments have the same `user`.
Status make_template(const std::string& path, std::uint32_t user, std::uint32_t mb) {
  if (access(path.c_str(), R_OK) == 0) return {};
  const std::string draft = path + "." + std::to_string(user);
  {
    KILN_TRY(const Fd file, open_file(draft, O_RDWR | O_CREAT | O_TRUNC, 0600));
    if (ftruncate(file.get(), image_bytes(mb)) != 0) return fail_errno("ftruncate", draft, errno);
  }
  KILN_TRY_VOID(run_mkfs(draft));
  if (rename(draft.c_str(), path.c_str()) != 0) return fail_errno("rename", draft, errno);
  return {};
}

Status mount_image(const Setup& setup, const std::string& target) {
  const std::uint32_t mb = setup.make.tmp_mb;
  const std::string path = setup.state + "/tmp-" + std::to_string(mb) + ".ext4";
  KILN_TRY_VOID(make_template(path, setup.outer_user, mb));
  KILN_TRY(const Fd image, copy_sparse(path, setup.state));
  KILN_TRY(const LoopDevice device, attach_loop(image.get()));
  KILN_TRY_VOID(mount_at(device.path.c_str(), target, "ext4", MS_NOSUID | MS_NODEV | MS_NOATIME,
                         "nobarrier,noinit_itable"));
  rmdir((target + "/lost+found").c_str());
  return {};
}

}  // namespace

Status mount_tmp(const Setup& setup, const std::string& root) {
  const std::string target = root + "/tmp";
  if (setup.tmp_image && !setup.make.zygote) {
    KILN_TRY_VOID(mount_image(setup, target));
  } else {
    const std::string options = "mode=700,size=" + std::to_string(setup.make.tmp_mb) + "m";
    KILN_TRY_VOID(mount_at("tmp", target, "tmpfs", MS_NOSUID | MS_NODEV, options.c_str()));
  }
  if (!setup.privileged) return {};
  if (chown(target.c_str(), setup.outer_user, setup.outer_user) != 0) {
    return fail_errno("chown", target, errno);
  }
  if (chmod(target.c_str(), 0700) != 0) return fail_errno("chmod", target, errno);
  return {};
}

}  // namespace kiln::launcher
