// SPDX-License-Identifier: Apache-2.0
#pragma once
// CodeStore keeps deployment packages: the zip as a blob, and its content unpacked once per SHA-256
// below <directory>/<sha256 hex>/, which environments mount.
//
// The unpacked folders are a cache. A folder appears by one rename, complete. It survives a restart
// of the server but not one of the machine (nothing in it is flushed): start() then empties it.
// Threads: one loop; file work runs on the blocking pool.

#include "async/blocking_pool.h"
#include "async/clock.h"
#include "async/event.h"
#include "async/task.h"
#include "aws/api_error.h"
#include "base/random.h"
#include "blob/blob_store.h"
#include "lambda/code/zip.h"
#include "lambda/model/function.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

namespace kiln::lambda {

class CodeStore {
 public:
  CodeStore(blob::BlobStore& blobs, BlockingPool& pool, Executor& home, Clock& clock,
            Random& random, std::string directory, std::int64_t unpack_wait_ms = 60'000);

  // Creates the folder; drops unfinished work, and everything after a reboot.
  Task<Status> start();

  // Checks an uploaded zip, and unless `dry_run` keeps it and unpacks it. The caller commits the
  // reference to it within the blob store's grace period.
  // Errors: what AWS answers to a bad, empty or too large zip; ServiceException.
  Task<aws::ApiResult<Code>> accept(std::string zip, bool dry_run);

  // Host path of the unpacked code; unpacks the blob when it is not there. Concurrent callers share
  // one unpacking. kTimeout after unpack_wait_ms.
  Task<Result<std::string>> directory(std::string sha256_hex);

  // Host path of the unpacked packages `layers` (SHA-256s) merged in their order: a later one's
  // file hides an earlier one's. `id` names the list; sweep() takes it like a SHA-256. Without
  // layers it is directory(id).
  Task<Result<std::string>> merged_directory(std::string id, std::vector<std::string> layers);

  // Removes unpacked folders that are not in `referenced` and older than `grace_ms`.
  Task<Result<std::size_t>> sweep(std::set<std::string> referenced, std::int64_t grace_ms);

 private:
  struct Flight {
    std::vector<std::shared_ptr<OneShot<bool>>> waiters;
    std::optional<Result<std::string>> outcome;
  };
  std::string path_of(const std::string& sha256_hex) const { return directory_ + "/" + sha256_hex; }
  std::string temporary_path();
  // The folder `id`, made once for all who wait: by merging, or without layers by unpacking.
  Task<Result<std::string>> shared(std::string id, std::vector<std::string> layers);
  Task<Result<std::string>> unpack_blob(std::string sha256_hex);
  Task<Result<std::string>> merge(std::string id, std::vector<std::string> layers);

  blob::BlobStore& blobs_;
  BlockingPool& pool_;
  Executor& home_;
  Clock& clock_;
  Random& random_;
  const std::string directory_;
  const std::int64_t unpack_wait_ms_;
  std::set<std::string> ready_;  // known to be unpacked; bounded, a miss costs one stat
  std::map<std::string, std::shared_ptr<Flight>> flights_;
};

// What AWS answers to a zip that unpack_zip refused; kIo becomes ServiceException.
aws::ApiError zip_error(const Error& error);

}  // namespace kiln::lambda
