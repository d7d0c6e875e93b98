// SPDX-License-Identifier: Apache-2.0
#pragma once
// spawn() starts one process the fast way: the child borrows the server's memory until its exec
// (vfork semantics), so the cost does not grow with the server.
//
// The child leads a session and process group of its own, keeps descriptors 0 to 4 only, has
// default signal handling and the limits of an execution environment, and dies with the calling
// thread. Threads: call it on a thread that lives as long as the server.

#include "base/result.h"
#include "os/fd.h"

#include <linux/filter.h>
#include <span>
#include <string>
#include <sys/types.h>
#include <vector>

namespace kiln::sandbox {

// What a process gives up before its exec: capabilities, new privileges, files, system calls.
struct Confinement {
  int file_rules = -1;  // os/landlock.h
  std::span<const sock_filter> filter;
};

struct SpawnSpec {
  std::string program;                 // absolute path
  std::vector<std::string> arguments;  // argv, argv[0] included
  std::vector<std::string> variables;  // "NAME=value"
  std::string directory;               // working directory
  int output = -1;                     // becomes 1 and 2
  int frames = -1;                     // becomes 3
  int runtime_api = -1;                // becomes 4; none when negative
  const Confinement* confinement = nullptr;
};

struct Spawned {
  pid_t pid = -1;
  Fd pidfd;
};

// kInvalidArgument when the program itself cannot be executed ("fork/exec /x: permission denied"),
// kIo for everything else.
Result<Spawned> spawn(const SpawnSpec& spec);

}  // namespace kiln::sandbox
