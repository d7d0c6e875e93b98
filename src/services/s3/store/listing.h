// SPDX-License-Identifier: Apache-2.0
#pragma once
// Listing walks the keys of a bucket in the order of their UTF-8 bytes.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-prefixes.html

#include "services/s3/store/buckets.h"
#include "store/store.h"

#include <string>
#include <utility>
#include <vector>

namespace kiln::s3 {

struct ListRequest {
  std::string prefix;
  std::string delimiter;  // empty: none
  std::string after;      // keys and common prefixes up to it are left out
  std::size_t limit = 1'000;
};

struct ListPage {
  std::vector<std::pair<std::string, Version>> objects;
  std::vector<std::string> prefixes;
  bool truncated = false;
  std::string last;  // the last key or prefix of this page
};

struct VersionPage {
  struct Entry {
    std::string key;
    Version version;
    bool latest = false;
  };
  std::vector<Entry> entries;
  std::vector<std::string> prefixes;
  bool truncated = false;
  std::string last_key;
  std::string last_id;  // empty after a common prefix
};

class Listing {
 public:
  explicit Listing(store::Store& store) : store_(store) {}
  // Current versions; objects and prefixes together are at most `limit`.
  Task<Result<ListPage>> list(BucketPtr bucket, ListRequest request);
  // All versions and markers, by key, the newest first; after version `id_marker` of the key
  // `request.after`, or after all of that key without one.
  Task<Result<VersionPage>> list_versions(BucketPtr bucket, ListRequest request,
                                          std::string id_marker);

 private:
  store::Store& store_;
};

// The common prefix that `key` belongs to; empty: none.
std::string common_prefix(std::string_view key, std::string_view prefix,
                          std::string_view delimiter);

}  // namespace kiln::s3
