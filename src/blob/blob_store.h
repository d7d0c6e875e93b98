// SPDX-License-Identifier: Apache-2.0
#pragma once
// BlobStore keeps large immutable bodies as files: code and layers by SHA-256, others by random id.
//
// A blob becomes visible, and is on disk, when Writer::commit() returns; an abandoned Writer leaves
// nothing. Who references a blob is a key in the owner's store commit; sweep() removes blobs that
// no owner names and that are older than the grace period.
//
// Threads: called on a loop; file work runs on the blocking pool.

#include "async/blocking_pool.h"
#include "async/task.h"
#include "base/random.h"
#include "base/result.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace kiln::blob {

struct BlobInfo {
  std::string id;  // hex SHA-256 of the content, or a random id
  std::uint64_t size = 0;
};

class BlobStore {
 public:
  virtual ~BlobStore() = default;
  // Stores `bytes` under its SHA-256 (hex). The same content twice is stored once.
  virtual Task<Result<BlobInfo>> put(std::string bytes) = 0;
  // Moves a finished file into the store under its SHA-256. The file is gone afterwards.
  virtual Task<Result<BlobInfo>> adopt_file(std::string path) = 0;
  // kNotFound when there is none. `offset` and `size` as pread; shorter only at the end.
  virtual Task<Result<std::string>> read(std::string id, std::uint64_t offset,
                                         std::uint64_t size) = 0;
  virtual Task<Result<BlobInfo>> stat(std::string id) = 0;
  // A path that can be opened for reading while the blob exists (zip readers, mmap).
  virtual std::string path(std::string_view id) const = 0;
  // Removes blobs not in `referenced` that are older than `grace_ms`. Answers how many.
  virtual Task<Result<std::size_t>> sweep(std::set<std::string> referenced,
                                          std::int64_t grace_ms) = 0;
};

// Files below `directory` as <2 hex>/<id>. Creates it. Error kIo names the path.
Result<std::unique_ptr<BlobStore>> open_file_blob_store(std::string directory, Executor& home,
                                                        BlockingPool& pool, Random& random);

}  // namespace kiln::blob
