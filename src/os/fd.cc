// SPDX-License-Identifier: Apache-2.0
#include "os/fd.h"

#include <unistd.h>

namespace kiln {

void Fd::reset(int fd) {
  const int old = std::exchange(fd_, fd);
  // Linux frees the descriptor even when close() reports EINTR, so it is never retried.
  if (old >= 0) ::close(old);
}

}  // namespace kiln
