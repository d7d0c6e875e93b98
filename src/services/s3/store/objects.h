// SPDX-License-Identifier: Apache-2.0
#pragma once
// Objects keeps the versions of keys: finds them, and changes them one commit at a time.
//
// A commit names bytes that are on disk already and is the acknowledgement; what it replaced is
// removed afterwards. In a bucket that never kept versions, a key is one record. Otherwise the
// current version stays that one record and others lie beside it; every change of the key then
// checks its head, so that changes come one after another (store/keys.h).
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/versioning-workflows.html
//
// Threads: one loop.

#include "async/clock.h"
#include "aws/api_error.h"
#include "base/random.h"
#include "services/s3/store/bodies.h"
#include "services/s3/store/buckets.h"
#include "services/s3/store/changes.h"
#include "services/s3/store/garbage.h"
#include "store/store.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace kiln::s3 {

// Parts of one page of a version; 500 of them are well below 64 KiB.
inline constexpr std::size_t kPartsPerPage = 500;

// A version on its way in: its record without id, version id and order, and its bytes.
struct NewVersion {
  Version version;
  std::string inline_bytes;
  std::vector<Part> parts;
  // Further writes and checks of the same commit (a finished upload's own keys).
  std::vector<store::Check> checks;
  std::vector<store::Write> writes;
};

struct WriteConditions {
  std::optional<std::string> if_match;  // without quotes, or "*"
  bool if_none_match = false;           // nothing may be there
};

struct Removal {
  bool changed = true;           // false: there was nothing to remove
  bool marker = false;           // a marker was made, or the removed version was one
  std::string shown_version_id;  // "null" for the null version; empty: say nothing
};

class Objects {
 public:
  Objects(store::Store& store, Buckets& buckets, Bodies& bodies, Garbage& garbage, Clock& clock,
          Random& random)
      : store_(store),
        buckets_(buckets),
        bodies_(bodies),
        garbage_(garbage),
        clock_(clock),
        random_(random) {}

  // Told of every change, in its commit. Before the first request.
  void set_observer(ChangeObserver* observer) { observer_ = observer; }

  // The version asked for, "null" included, else the current one. NoSuchKey (with the headers of a
  // delete marker where that is current), NoSuchVersion, MethodNotAllowed for a marker by id.
  Task<aws::ApiResult<Version>> find(BucketPtr bucket, std::string key,
                                     std::optional<std::string> version_id);
  // A version and a stretch of its bytes; `choose` sees the version first. The stream is empty
  // without a stretch.
  struct Stretch {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
  };
  struct Opened {
    Version version;
    aws::ByteStream body;
    Stretch stretch;
  };
  using Choose = std::function<aws::ApiResult<Stretch>(const Version&)>;
  Task<aws::ApiResult<Opened>> open(BucketPtr bucket, std::string key,
                                    std::optional<std::string> version_id, Choose choose);
  // Where a stretch of a version's bytes lies; REQUIRES: not inline. Take a pin before.
  Task<Result<std::vector<blob::Slice>>> slices(BucketPtr bucket, Version version, Stretch stretch);
  // The bytes of an inline version. kConflict: it has gone since.
  Task<Result<std::string>> inline_bytes(BucketPtr bucket, std::string object);
  // The parts of a version, in order. kConflict: the version has gone since.
  Task<Result<std::vector<Part>>> parts(BucketPtr bucket, Version version);

  // Makes `made` the current version. Its blobs are removed when this fails. OperationAborted when
  // what it checks beside has changed.
  Task<aws::ApiResult<Version>> put(std::string bucket, std::string key, NewVersion made,
                                    WriteConditions conditions, Cause cause);
  // DeleteObject: by version id, or a marker or nothing in place of the current version. With
  // `only_object`, a Version::id, nothing happens when it is another version by now.
  Task<aws::ApiResult<Removal>> remove(std::string bucket, std::string key,
                                       std::optional<std::string> version_id,
                                       std::optional<std::string> if_match, Cause cause,
                                       std::string only_object = {});
  // Changes what is said of a version, not its bytes.
  using Update = std::function<aws::ApiResult<void>(Version&)>;
  Task<aws::ApiResult<Version>> update(std::string bucket, std::string key,
                                       std::optional<std::string> version_id, Update update,
                                       Cause cause);

 private:
  // Whether the checks of a commit that met a conflict can still hold.
  Task<Result<bool>> hold(std::vector<store::Check> checks);
  // What a change of one key begins from.
  struct Place {
    BucketPtr bucket;
    std::string key;
    std::optional<store::Entry> current_entry;
    std::optional<Version> current;
    // Of buckets that keep versions.
    std::optional<store::Entry> head_entry;
    std::int64_t last_order = 0;
    std::int64_t null_order = 0;  // of the null version under "version"; 0: none
  };
  // One attempt at a change: what it writes, and what may be removed afterwards.
  struct Draft {
    store::Batch batch;
    std::vector<std::pair<std::string, std::vector<std::string>>> leaving;  // object, its blobs
    bool leaves_parts = false;
  };
  using VersionEntry = std::pair<Version, store::Entry>;
  using MaybeVersion = std::optional<VersionEntry>;

  Task<aws::ApiResult<Place>> place(std::string bucket, std::string key);
  Task<Result<std::pair<std::int64_t, std::int64_t>>> read_head(BucketPtr bucket, std::string key,
                                                                std::optional<store::Entry>* entry);
  // Under "version": the one of that id ("null" with its order), the newest below an order.
  Task<Result<MaybeVersion>> older_version(BucketPtr bucket, std::string key, std::string id,
                                           std::int64_t null_order);
  Task<Result<MaybeVersion>> newest_version(BucketPtr bucket, std::string key, std::int64_t below);
  Task<Result<MaybeVersion>> first_of(std::string begin, std::string prefix);
  std::int64_t next_order(const Place& place) const;
  void begin(const Place& place, Draft& draft) const;
  void write_head(const Place& place, Draft& draft, std::int64_t last, std::int64_t null) const;
  void drop_bytes(const Place& place, const Version& version, Draft& draft) const;
  // Makes room for a new current version: the old one is dropped or put aside.
  Task<Status> displace(const Place& place, Draft& draft, std::int64_t& null_order);
  Task<Status> draft_put(const Place& place, const NewVersion& made, Version& version,
                         Draft& draft);
  // False: there is nothing to write.
  Task<aws::ApiResult<bool>> draft_removal(const Place& place, Draft& draft, ObjectChange& change,
                                           Removal& removal);
  Task<aws::ApiResult<bool>> draft_version_removal(const Place& place, std::string version_id,
                                                   Draft& draft, ObjectChange& change,
                                                   Removal& removal);
  // The one place where changes of objects are written.
  Task<Status> commit(const Place& place, Draft draft, ObjectChange change);
  Task<Result<std::vector<Part>>> parts_of_page(BucketPtr bucket, std::string object,
                                                std::int64_t page);
  Task<Result<std::vector<blob::Slice>>> part_slices(BucketPtr bucket, const Version& version,
                                                     Stretch stretch);
  Task<Result<aws::ByteStream>> open_stretch(BucketPtr bucket, const Version& version,
                                             Stretch stretch);

  store::Store& store_;
  Buckets& buckets_;
  Bodies& bodies_;
  Garbage& garbage_;
  Clock& clock_;
  Random& random_;
  ChangeObserver* observer_ = nullptr;
};

// "null", or the id that clients see.
std::string shown_version_id(const Version& version);

}  // namespace kiln::s3
