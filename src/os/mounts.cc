// SPDX-License-Identifier: Apache-2.0
#include "os/mounts.h"

#include "os/files.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

namespace kiln {

Result<Fd> detached_tree(int fd, bool recursive) {
  unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH;
  if (recursive) flags |= AT_RECURSIVE;
  Fd tree(open_tree(fd, "", flags));
  if (!tree) return fail_errno("open_tree", "", errno);
  return tree;
}

Result<Fd> detached_overlay(std::span<const int> directories) {
  std::string lower;
  for (const int fd : directories) {
    if (!lower.empty()) lower += ':';
    lower += "/proc/self/fd/" + std::to_string(fd);
  }
  const Fd context(fsopen("overlay", FSOPEN_CLOEXEC));
  if (!context) return fail_errno("fsopen", "overlay", errno);
  if (fsconfig(context.get(), FSCONFIG_SET_STRING, "lowerdir", lower.c_str(), 0) != 0 ||
      fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) {
    return fail_errno("fsconfig overlay", lower, errno);
  }
  Fd tree(fsmount(context.get(), FSMOUNT_CLOEXEC, MOUNT_ATTR_RDONLY));
  if (!tree) return fail_errno("fsmount", "overlay", errno);
  return tree;
}

Status restrict_tree(int tree, std::uint64_t attributes) {
  mount_attr change{};
  change.attr_set = attributes;
  if (mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &change, sizeof change) != 0) {
    return fail_errno("mount_setattr", "", errno);
  }
  return {};
}

Status attach_tree(int tree, const std::string& target) {
  if (move_mount(tree, "", AT_FDCWD, target.c_str(), MOVE_MOUNT_F_EMPTY_PATH) != 0) {
    return fail_errno("move_mount", target, errno);
  }
  return {};
}

Status mount_at(const char* source, const std::string& target, const char* type,
                unsigned long flags, const char* options) {
  if (mount(source, target.c_str(), type, flags, options) != 0) {
    return fail_errno(std::string("mount ") + (source != nullptr ? source : "") + " at", target,
                      errno);
  }
  return {};
}

Status bind_read_only(const std::string& source, const std::string& target) {
  const Fd fd(open(source.c_str(), O_PATH | O_CLOEXEC));
  if (!fd && errno == ENOENT) return fail(ErrorCode::kNotFound, source + " does not exist");
  if (!fd) return fail_errno("open", source, errno);
  KILN_TRY(const Fd tree, detached_tree(fd.get(), true));
  KILN_TRY_VOID(
      restrict_tree(tree.get(), MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV));
  return attach_tree(tree.get(), target);
}

}  // namespace kiln
