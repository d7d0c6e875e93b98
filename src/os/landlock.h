// SPDX-License-Identifier: Apache-2.0
#pragma once
// Landlock: a process gives up files for itself and its descendants, without root and without
// namespaces. The level "confined" is this plus os/seccomp.h and rlimits.
//
// Also given up, where the kernel can: signals to processes outside (Linux 6.12) and connections to
// abstract UNIX sockets made outside (6.12). TCP is left alone: ports are no isolation.

#include "base/result.h"
#include "os/fd.h"

#include <string>
#include <vector>

namespace kiln {

struct LandlockRules {
  std::vector<std::string> read;   // may be read and executed, with everything below
  std::vector<std::string> write;  // may be read, changed, created and removed; no device nodes
};

// 0: the kernel has no Landlock, or it is switched off.
int landlock_version();
// The rules as a descriptor. Paths that do not exist are left out. kNotFound without Landlock.
Result<Fd> make_file_rules(const LandlockRules& rules);
// Adds /proc/PID of the calling process, readable. Allocates nothing when it succeeds.
Status allow_own_proc(int file_rules);
// For the calling thread and what it starts, for good; allocates nothing when it succeeds, so that
// a child may call it before its exec. REQUIRES: no_new_privs.
Status confine_files(int file_rules);

}  // namespace kiln
