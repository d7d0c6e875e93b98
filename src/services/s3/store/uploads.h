// SPDX-License-Identifier: Apache-2.0
#pragma once
// Uploads keeps multipart uploads: parts are blobs with records of their own; completing one makes
// a version of their blobs in one commit, without touching a byte.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
//
// Threads: one loop.

#include "services/s3/store/listing.h"
#include "services/s3/store/objects.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace kiln::s3 {

inline constexpr std::int64_t kMaxPartNumber = 10'000;
inline constexpr std::uint64_t kMinPartBytes = 5 * 1024 * 1024;

// A part as CompleteMultipartUpload names it.
struct NamedPart {
  std::int64_t number = 0;
  std::string etag;                     // without quotes
  std::optional<std::string> checksum;  // base64
};

struct UploadList {
  struct Entry {
    std::string key;
    Upload upload;
  };
  std::vector<Entry> uploads;
  std::vector<std::string> prefixes;
  bool truncated = false;
  std::string last_key;
  std::string last_id;
};

class Uploads {
 public:
  Uploads(store::Store& store, Buckets& buckets, Objects& objects, Bodies& bodies, Garbage& garbage,
          Clock& clock, Random& random)
      : store_(store),
        buckets_(buckets),
        objects_(objects),
        bodies_(bodies),
        garbage_(garbage),
        clock_(clock),
        random_(random) {}

  // Fills in id and time.
  Task<aws::ApiResult<Upload>> create(std::string bucket, Upload upload);
  // NoSuchUpload, also for another key.
  Task<aws::ApiResult<Upload>> find(BucketPtr bucket, std::string key, std::string id);
  // Puts a part in place of an earlier one of its number. `body` is removed when this fails.
  Task<aws::ApiResult<UploadedPart>> put_part(std::string bucket, std::string key, std::string id,
                                              std::int64_t number, TakenBody body);
  // Parts after `marker`, at most `limit`.
  Task<Result<std::vector<UploadedPart>>> parts(BucketPtr bucket, Upload upload,
                                                std::int64_t marker, std::size_t limit);
  Task<Result<UploadList>> list(BucketPtr bucket, ListRequest request, std::string id_marker);
  struct Completion {
    std::vector<NamedPart> parts;
    WriteConditions conditions;
    std::optional<StoredChecksum> checksum;  // of the object, to be checked
    std::optional<std::uint64_t> size;       // the same
  };
  Task<aws::ApiResult<Version>> complete(std::string bucket, std::string key, std::string id,
                                         Completion completion, Cause cause);
  Task<aws::ApiResult<void>> abort(std::string bucket, std::string key, std::string id);

 private:
  Task<aws::ApiResult<Version>> try_complete(std::string bucket, std::string key, std::string id,
                                             Completion completion, Cause cause);
  Task<Result<std::optional<store::Entry>>> read(const Bucket& bucket, std::string key,
                                                 std::string id);

  store::Store& store_;
  Buckets& buckets_;
  Objects& objects_;
  Bodies& bodies_;
  Garbage& garbage_;
  Clock& clock_;
  Random& random_;
};

// The object's checksum from those of its parts, in order.
StoredChecksum checksum_of_parts(const Upload& upload, const std::vector<UploadedPart>& parts);
// "<md5 of md5s>-<parts>", without quotes.
std::string etag_of_parts(const std::vector<std::string>& md5s);

}  // namespace kiln::s3
