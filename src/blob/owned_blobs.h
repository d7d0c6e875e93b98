// SPDX-License-Identifier: Apache-2.0
#pragma once
// OwnedBlobs keeps large immutable bodies as files under random ids, each with exactly one owner.
//
// The owner's store commit writes a reference key of the id; a blob is complete and on disk before
// its id is handed out, so a commit never names bytes that a crash could take. The owner removes
// the blob after the commit that forgot it. What a crash leaves between the two is found by
// aged(): a file past the grace that no key references belongs to nobody.
// Two owners of the same bytes have two ids: link() makes the second without copying.
//
// Threads: called on `home`; file work runs on the pool. A Reader keeps its file readable after the
// blob was removed.

#include "async/blocking_pool.h"
#include "async/task.h"
#include "base/checksum.h"
#include "base/random.h"
#include "base/result.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace kiln::blob {

inline constexpr std::size_t kBlobIdBytes = 16;

struct OwnedBlob {
  std::string id;  // kBlobIdBytes random bytes
  std::uint64_t size = 0;
};

// A new blob, and the digests that were asked for, in that order.
struct NewBlob {
  OwnedBlob blob;
  std::vector<std::string> digests;
};

// A stretch of a blob.
struct Slice {
  std::string id;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

class OwnedBlobs {
 public:
  // One open blob.
  class Reader {
   public:
    virtual ~Reader() = default;
    // As pread: shorter only at the end.
    virtual Task<Result<std::string>> read(std::uint64_t offset, std::size_t size) = 0;
  };

  virtual ~OwnedBlobs() = default;

  virtual Task<Result<NewBlob>> put(std::string bytes, std::vector<ChecksumKind> digests) = 0;
  // Makes a blob of an open file that has no name yet (O_TMPFILE) and is not written any more:
  // given a name where it lies when it is on the same file system, else copied. The caller keeps
  // `file` open until this returns.
  virtual Task<Result<NewBlob>> adopt(int file, std::vector<ChecksumKind> digests) = 0;
  // A blob with the bytes of `slices`, one after another. kNotFound: a slice's blob is gone.
  virtual Task<Result<NewBlob>> copy(std::vector<Slice> slices,
                                     std::vector<ChecksumKind> digests) = 0;
  // The same for `size` bytes from `offset` of an open file.
  virtual Task<Result<NewBlob>> copy_file(int file, std::uint64_t offset, std::uint64_t size,
                                          std::vector<ChecksumKind> digests) = 0;
  // Another id for the same bytes.
  virtual Task<Result<OwnedBlob>> link(std::string id) = 0;
  // Digests of existing blobs' bytes, one after another.
  virtual Task<Result<std::vector<std::string>>> digest(std::vector<Slice> slices,
                                                        std::vector<ChecksumKind> digests) = 0;
  virtual Task<Result<std::shared_ptr<Reader>>> open(std::string id) = 0;
  // Missing ones are no error.
  virtual Task<Status> remove(std::vector<std::string> ids) = 0;
  // Ids in folder `folder` (0 to kFolders - 1) whose file is older than `grace_ms`, sorted.
  static constexpr int kFolders = 256;
  virtual Task<Result<std::vector<std::string>>> aged(int folder, std::int64_t grace_ms) = 0;
};

// Files below `directory` as <2 hex>/<hex id>. Creates it. Error kIo names the path.
Result<std::unique_ptr<OwnedBlobs>> open_owned_blobs(std::string directory, Executor& home,
                                                     BlockingPool& pool, Random& random);

}  // namespace kiln::blob
