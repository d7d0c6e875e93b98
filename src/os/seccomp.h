// SPDX-License-Identifier: Apache-2.0
#pragma once
// The system call filter of an execution environment, as a classic BPF program.
//
// Every system call that is not known to this build answers ENOSYS; known ones are allowed except:
// EPERM for what reaches beyond the environment (mounts, namespaces, other processes' memory, keys,
// bpf, perf, modules, clocks, swap, io_uring, userfaultfd, fanotify, file handles) and for clone
// with a namespace flag; EAFNOSUPPORT for every socket family but UNIX, IPv4, IPv6 and route
// netlink; EPERM for raw and packet sockets; ENOSYS for clone3, whose flags a filter cannot see.
// Calls of another instruction set kill the process.

#include "base/result.h"

#include <linux/filter.h>
#include <span>
#include <vector>

namespace kiln {

// `may_unshare`: a SnapStart template's bootstrap, whose fork leaves its namespaces itself.
std::vector<sock_filter> environment_filter(bool may_unshare = false);

// Installs it for the calling thread, for good. REQUIRES: no_new_privs or CAP_SYS_ADMIN.
Status install_filter(std::span<const sock_filter> filter);

}  // namespace kiln
