// SPDX-License-Identifier: Apache-2.0
#pragma once
// Records of S3 as they are stored: buckets, object versions, uploads and their parts.

#include "base/checksum.h"
#include "base/result.h"
#include "base/time.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kiln::s3 {

using Tags = std::map<std::string, std::string>;

enum class Versioning : std::uint8_t { kUnset, kEnabled, kSuspended };

struct Bucket {
  std::string name;
  std::string id;  // another for each bucket of that name there ever was
  std::string account;
  std::string region;
  Timestamp created;
  Versioning versioning = Versioning::kUnset;
  // While DeleteBucket looks whether anything is inside, nothing may come in. A time, so that a
  // crash in between locks nobody out.
  std::int64_t closed_until_ms = 0;

  bool keeps_versions() const { return versioning != Versioning::kUnset; }
};

struct StoredChecksum {
  ChecksumKind kind = ChecksumKind::kCrc64Nvme;
  bool composite = false;
  std::string value;  // base64; composite ones end in "-<parts>"
};

// Bytes in the blob store; the blob has no other owner.
struct Extent {
  std::string blob;
  std::uint64_t size = 0;
};

// What a client says of an object beside its bytes.
struct Description {
  std::string content_type;
  std::string cache_control;
  std::string content_disposition;
  std::string content_encoding;
  std::string content_language;
  std::string expires;
  std::string website_redirect;
  std::string storage_class = "STANDARD";
  std::map<std::string, std::string> metadata;  // lower-case names
  Tags tags;
  std::string acl;  // canned name or a grant document; empty: private
};

// One version of one key, or a delete marker.
struct Version {
  std::string id;          // random; names inline bytes and parts
  std::string version_id;  // empty: the null version
  std::int64_t order = 0;  // later versions of a key have larger ones
  bool marker = false;
  Timestamp modified;
  std::uint64_t size = 0;
  std::string etag;   // without quotes
  std::string owner;  // account
  Description about;
  std::optional<StoredChecksum> checksum;
  // Where the bytes are: in the store beside the record, in one blob, or in the blobs of parts.
  bool is_inline = false;
  std::optional<Extent> blob;
  std::int64_t parts = 0;                 // of a multipart upload
  std::vector<std::uint64_t> part_pages;  // offset of each page's first byte
};

// A part of a finished upload, in a page.
struct Part {
  std::int64_t number = 0;
  Extent bytes;
  std::string checksum;  // raw; empty: none
};

struct Upload {
  std::string key;
  std::string id;        // as clients see it
  std::string parts_id;  // in the keys of its parts
  Timestamp initiated;
  std::string initiator;  // ARN
  std::string owner;
  Description about;
  std::optional<ChecksumKind> checksum;
  bool composite = false;
};

// A part of an upload under way.
struct UploadedPart {
  std::int64_t number = 0;
  Extent bytes;
  std::string md5;       // raw
  std::string checksum;  // raw; of the upload's kind, or CRC-64/NVME
  Timestamp modified;
};

std::string encode(const Bucket& bucket);
Result<Bucket> decode_bucket(std::string_view bytes);
std::string encode(const Version& version);
Result<Version> decode_version(std::string_view bytes);
std::string encode(const std::vector<Part>& page);
Result<std::vector<Part>> decode_parts(std::string_view bytes);
std::string encode(const Upload& upload);
Result<Upload> decode_upload(std::string_view bytes);
std::string encode(const UploadedPart& part);
Result<UploadedPart> decode_uploaded_part(std::string_view bytes);
// A flat map of texts: tags and the like.
std::string encode(const Tags& texts);
Result<Tags> decode_tags(std::string_view bytes);

}  // namespace kiln::s3
