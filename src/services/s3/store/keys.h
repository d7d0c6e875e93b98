// SPDX-License-Identifier: Apache-2.0
#pragma once
// The keys of S3. A and R are those of the bucket; B its id.
//
//   s3-bucket NAME                      -> Bucket (names are global)
//   s3-owned A NAME                     -> Bucket as it was made (what ListBuckets shows)
//   s3 A R config B KIND                -> a configuration of the bucket
//   s3 A R key B KEY                    -> Version: the current one, never a delete marker
//   s3 A R version B KEY -ORDER VID     -> Version: others and delete markers, the newest first
//   s3 A R head B KEY                   -> Head (keys of buckets that keep versions)
//   s3 A R data B OBJECT                -> bytes of a small version
//   s3 A R parts B OBJECT PAGE          -> [Part] of a version made by a multipart upload
//   s3 A R upload B KEY TIME UPLOAD     -> Upload under way
//   s3 A R part B PARTS_ID NUMBER         -> UploadedPart
//   s3-blob BLOB                        -> (somebody owns it)
//   s3-garbage A R B ID                 -> (parts of this version or upload are to be removed)
//
// A key with a current version is found under "key" alone. Without one its newest entry under
// "version", if there is any, is a delete marker.

#include "services/s3/model/records.h"
#include "store/tuple.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace kiln::s3::keys {

inline std::string bucket(std::string_view name) { return store::key("s3-bucket", name); }
inline std::string all_buckets() { return store::key("s3-bucket"); }
inline std::string owned(std::string_view account, std::string_view name) {
  return store::key("s3-owned", account, name);
}
inline std::string all_owned(std::string_view account) { return store::key("s3-owned", account); }

// Turns a key that ends with a text into the prefix of all keys whose text begins with it.
inline std::string open_end(std::string key) {
  key.pop_back();  // the terminator of the string element
  return key;
}

template <class... Rest>
std::string of(const Bucket& b, std::string_view space, const Rest&... rest) {
  return store::key("s3", b.account, b.region, space, b.id, rest...);
}

inline std::string configs(const Bucket& b) { return of(b, "config"); }
inline std::string config(const Bucket& b, std::string_view kind) { return of(b, "config", kind); }
inline std::string currents(const Bucket& b) { return of(b, "key"); }
inline std::string current(const Bucket& b, std::string_view key) { return of(b, "key", key); }
inline std::string all_versions(const Bucket& b) { return of(b, "version"); }
inline std::string versions(const Bucket& b, std::string_view key) { return of(b, "version", key); }
inline std::string version(const Bucket& b, std::string_view key, std::int64_t order,
                           std::string_view version_id) {
  return of(b, "version", key, -order, version_id);
}
inline std::string head(const Bucket& b, std::string_view key) { return of(b, "head", key); }
inline std::string data(const Bucket& b, std::string_view object) { return of(b, "data", object); }
inline std::string parts_page(const Bucket& b, std::string_view object, std::int64_t page) {
  return of(b, "parts", object, page);
}
inline std::string parts_pages(const Bucket& b, std::string_view object) {
  return of(b, "parts", object);
}
inline std::string uploads(const Bucket& b) { return of(b, "upload"); }
inline std::string upload(const Bucket& b, std::string_view key, std::int64_t time_ms,
                          std::string_view id) {
  return of(b, "upload", key, time_ms, id);
}
inline std::string uploaded_parts(const Bucket& b, std::string_view upload) {
  return of(b, "part", upload);
}
inline std::string uploaded_part(const Bucket& b, std::string_view upload, std::int64_t number) {
  return of(b, "part", upload, number);
}
inline std::string blob(std::string_view id) { return store::key("s3-blob", id); }
inline std::string garbage(const Bucket& b, std::string_view id) {
  return store::key("s3-garbage", b.account, b.region, b.id, id);
}
inline std::string all_garbage() { return store::key("s3-garbage"); }

}  // namespace kiln::s3::keys
