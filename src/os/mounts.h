// SPDX-License-Identifier: Apache-2.0
#pragma once
// Mounts. A tree is a mount that hangs nowhere yet: a descriptor that can be handed to a process in
// another mount namespace and is gone when the last copy closes.

#include "base/result.h"
#include "os/fd.h"

#include <cstdint>
#include <span>
#include <string>

namespace kiln {

// A detached copy of the directory or file `fd` (O_PATH will do). REQUIRES: `fd` was opened in the
// caller's mount namespace.
Result<Fd> detached_tree(int fd, bool recursive = false);
// A detached read-only union of directories; the first one wins.
Result<Fd> detached_overlay(std::span<const int> directories);
// Adds MOUNT_ATTR_* to every mount of a tree.
Status restrict_tree(int tree, std::uint64_t attributes);
Status attach_tree(int tree, const std::string& target);
// mount(2) with the error naming source and target.
Status mount_at(const char* source, const std::string& target, const char* type,
                unsigned long flags, const char* options = nullptr);
// Read-only, nosuid, nodev bind mount of a host path. kNotFound when there is no such path.
Status bind_read_only(const std::string& source, const std::string& target);

}  // namespace kiln
