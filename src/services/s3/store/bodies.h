// SPDX-License-Identifier: Apache-2.0
#pragma once
// Bodies takes in the bytes of objects and gives them out again, in whole or in part.
//
// Small ones live in the store beside their record, so that they cost one commit and no file;
// others are blobs. An object is read through a pin: blobs that an owner let go are removed once
// nobody reads the object any more. Threads: one loop.

#include "async/gate.h"
#include "aws/stream.h"
#include "blob/owned_blobs.h"
#include "services/s3/model/records.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace kiln::s3 {

// Larger bodies are files.
inline constexpr std::uint64_t kInlineBytes = 32 * 1024;

// Bytes that were taken in and belong to nobody yet.
struct TakenBody {
  std::uint64_t size = 0;
  std::string md5;       // raw
  std::string checksum;  // raw, of the kind asked for
  std::string inline_bytes;
  std::optional<blob::OwnedBlob> blob;
};

class Bodies {
 public:
  explicit Bodies(blob::OwnedBlobs& blobs) : blobs_(blobs) {}

  // Reads `stream` to its end. `may_inline` false: a blob whatever the size, but for no bytes.
  Task<Result<TakenBody>> take(aws::ByteStream stream, std::optional<ChecksumKind> checksum,
                               bool may_inline);
  // The same from blobs that somebody else owns. kNotFound: one is gone.
  Task<Result<TakenBody>> copy(std::vector<blob::Slice> slices,
                               std::optional<ChecksumKind> checksum);
  // While it lives, blobs that let_go() names for this object stay. Take it before the object's
  // parts are read.
  using PinPtr = std::shared_ptr<const void>;
  PinPtr pin(std::string object_id);
  // The bytes of `slices`, one after another. The first is open when this returns; kNotFound: it is
  // gone.
  Task<Result<aws::ByteStream>> open(std::vector<blob::Slice> slices, PinPtr pin);
  // Removes blobs whose owner has forgotten them, when nobody reads the object any more.
  void let_go(std::string object_id, std::vector<std::string> blobs);
  // Waits for removals under way.
  Task<void> stop();

  blob::OwnedBlobs& blobs() { return blobs_; }

 private:
  class Source;
  struct Pinned {
    int readers = 0;
    std::vector<std::string> leaving;
  };
  class Pin;
  Task<void> remove(std::vector<std::string> blobs, Gate::Pass pass);

  blob::OwnedBlobs& blobs_;
  std::map<std::string, Pinned, std::less<>> pinned_;
  Gate gate_;
};

}  // namespace kiln::s3
