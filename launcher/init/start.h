// SPDX-License-Identifier: Apache-2.0
#pragma once
// Starting processes in a built environment.

#include "launcher/init/steps.h"
#include "launcher/setup.h"
#include "os/fd.h"

#include <span>
#include <sys/types.h>
#include <vector>

namespace kiln::launcher {

struct Launched {
  pid_t pid = 0;
  Fd pidfd;
};

// Attaches the mounts of the first Start and seals the root; refuses mounts later. With a zygote
// init sheds its capabilities here, because it starts nothing itself.
// A waiting Start leaves the root open, and init as much as adopt() needs.
void attach(const Setup& setup, const Start& start, std::span<Fd> trees, bool first, Steps& steps);

// What a waiting environment gets of its function; seals the root.
void adopt(const Setup& setup, const Adopt& adopt, std::span<Fd> trees, Steps& steps);

// attach(), and the process. `descriptors` as Start lists them, each mount's directories already
// one detached tree. The error's step is "exec" when the command itself is at fault.
Result<Launched> start_process(const Setup& setup, const Start& start, std::vector<Fd> descriptors,
                               bool first, Steps& steps, Failed& failed);

}  // namespace kiln::launcher
