// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the launcher tells a new init, once. Everything else between the two is protocol.h: Start
// and Signal go in, Made, Started, Failed and Exited come out.

#include "launcher/protocol.h"

namespace kiln::launcher {

inline constexpr int kInitChannel = 3;             // init's end of the packet socket
inline constexpr std::uint32_t kInsideUser = 993;  // AWS: sbx_user1051 has uid 993

// Descriptors: `cgroup_entries` files in which init writes "0", then, with an interface, a netlink
// socket of the host's network namespace.
struct Setup {
  static constexpr Type kType = Type::kSetup;
  Make make;
  bool privileged = true;        // false: root in a user namespace of its own only
  std::uint32_t outer_root = 0;  // host ids of the environment's root and user
  std::uint32_t outer_user = 0;
  std::string state;           // host directory of the launcher: root/ and templates of /tmp
  bool tmp_image = true;       // false: tmpfs
  std::string host_interface;  // of the veth pair; empty: no way out
  std::uint32_t address = 0;   // of the environment's end
  std::uint32_t cgroup_entries = 0;
  std::string fail_step;  // tests: this step answers an error
  template <class A>
  void fields(A& a) {
    make.fields(a);
    a(privileged), a(outer_root), a(outer_user), a(state), a(tmp_image), a(host_interface),
        a(address), a(cgroup_entries), a(fail_step);
  }
};

// Init attached the mounts of a Start that a zygote will answer.
using Attached = About<Type::kAttached>;

// To a zygote. Descriptors: the pidfd of the environment's init, `cgroup_entries` files in which
// the child writes "0", the file of the variables, if they are apart, then those of
// start.descriptors.
struct Fork {
  static constexpr Type kType = Type::kFork;
  Start start;
  std::uint32_t outer_root = 0;
  std::uint32_t outer_user = 0;
  std::uint32_t cgroup_entries = 0;
  // The variables are in a file, each ended by a zero, that the child alone reads: what a zygote
  // reads, its later children find in their memory. Not so of a start that waits for its function.
  bool variables_apart = false;
  template <class A>
  void fields(A& a) {
    start.fields(a);
    a(outer_root), a(outer_user), a(cgroup_entries), a(variables_apart);
  }
};

inline constexpr std::uint32_t kZygoteChannel = 3;

}  // namespace kiln::launcher
