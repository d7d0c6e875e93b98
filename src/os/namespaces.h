// SPDX-License-Identifier: Apache-2.0
#pragma once
// Processes born in namespaces, and their user id maps.

#include "base/result.h"
#include "os/fd.h"

#include <cstdint>
#include <string>
#include <sys/types.h>

namespace kiln {

struct Cloned {
  pid_t pid = 0;  // 0: this is the child
  Fd pidfd;       // in the parent
};

// fork() with namespaces: `flags` are CLONE_NEW*; `cgroup` is a directory of the v2 hierarchy in
// which the child is born, or -1. REQUIRES: a single-threaded caller.
Result<Cloned> clone_process(std::uint64_t flags, int cgroup = -1);

// Maps `inside` to `outside` ids in the user namespace of `pid`; an entry a line, as in uid_map.
// With `deny_setgroups` the namespace can never set groups: needed when the writer has no root.
Status map_users(pid_t pid, const std::string& map, bool deny_setgroups);

}  // namespace kiln
