// SPDX-License-Identifier: Apache-2.0
#pragma once
// The connection to the Runtime API that a bundled runtime client inherits. It uses its end with
// plain blocking reads and writes, which is faster than any event loop; a round trip costs half of
// what it does through TCP.

#include "base/result.h"
#include "os/fd.h"

namespace kiln::sandbox {

struct RuntimeConnection {
  Fd ours;
  Fd theirs;
};
// Both ends are close-on-exec.
Result<RuntimeConnection> make_runtime_connection();

}  // namespace kiln::sandbox
