// SPDX-License-Identifier: Apache-2.0
#pragma once
// The RocksDB engine of Store: the embedded default, one directory on one machine.
//
// Commits go to one committer thread, which writes all that wait with one sync (group commit).
// Reads are served on the caller's thread when memory has the answer, else on the blocking pool.
// A second process on the same directory is refused.

#include "async/blocking_pool.h"
#include "async/clock.h"
#include "async/executor.h"
#include "base/metrics.h"
#include "base/result.h"
#include "store/store.h"

#include <memory>
#include <string>

namespace rocksdb {
class Env;
}

namespace kiln::store {

// Opens or creates the database in `directory` (made with mode 0700). Blocks for some milliseconds,
// longer after a crash with much unflushed data (at most 16 MiB of log). All references outlive the
// store; callers are on `home`. Error kIo names the directory and what to do. `env` stands in for
// the file system in tests.
Result<std::unique_ptr<Store>> open_rocksdb_store(std::string directory, Executor& home,
                                                  BlockingPool& pool, Clock& clock,
                                                  Metrics& metrics, rocksdb::Env* env = nullptr);

}  // namespace kiln::store
