// SPDX-License-Identifier: Apache-2.0
#pragma once
// SnapshotFile is the memory of an initialised process (launcher/snapshot/snapshot.h), in memory of
// its own. One process writes it, seal() ends that, then environments start from it.
// Ownership: shared by who keeps it and the environments that were started from it. Blocks nowhere.

#include "base/result.h"
#include "os/fd.h"

#include <cstdint>
#include <memory>
#include <string>

namespace kiln::sandbox {

class SnapshotFile {
 public:
  static Result<std::shared_ptr<SnapshotFile>> create();

  const Fd& fd() const { return fd_; }
  // Nobody can change it from now on. REQUIRES: the process that wrote it has ended. kConflict: it
  // refused, and the message says why; else it is torn or larger than `max_bytes`.
  Status seal(std::int64_t max_bytes);
  // What it takes; after seal().
  std::int64_t bytes() const { return bytes_; }

 private:
  explicit SnapshotFile(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
  std::int64_t bytes_ = 0;
};

}  // namespace kiln::sandbox
