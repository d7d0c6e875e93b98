// SPDX-License-Identifier: Apache-2.0
#include "sandbox/runtime_connection.h"

#include <cerrno>
#include <sys/socket.h>

namespace kiln::sandbox {

Result<RuntimeConnection> make_runtime_connection() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return fail_errno("socketpair", "", errno);
  }
  return RuntimeConnection{Fd(ends[0]), Fd(ends[1])};
}

}  // namespace kiln::sandbox
