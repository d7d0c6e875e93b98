// SPDX-License-Identifier: Apache-2.0
#pragma once
// A block device over a file. The kernel frees it with its last user (autoclear), so that nothing
// is left when a mount's namespace ends.

#include "base/result.h"
#include "os/fd.h"

#include <string>

namespace kiln {

struct LoopDevice {
  Fd fd;             // hold it until the device is mounted
  std::string path;  // /dev/loop7
};

Result<LoopDevice> attach_loop(int file);
// A file without a name in `directory` with the contents of `source`; holes stay holes.
Result<Fd> copy_sparse(const std::string& source, const std::string& directory);

}  // namespace kiln
