// SPDX-License-Identifier: Apache-2.0
#include "services/s3/api/new_object.h"

#include "base/encoding.h"
#include "services/s3/api/object_headers.h"
#include "services/s3/model/names.h"

namespace kiln::s3 {

std::string checksum_label(ChecksumKind kind) {
  std::string out(checksum_name(kind));
  for (char& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return out;
}

std::string owner_of_new_object(const BucketState& bucket, const aws::RequestContext&) {
  return bucket.bucket.account;
}

aws::ApiResult<std::string> stored_acl(const SentAcl& sent, const BucketState&,
                                       const aws::RequestContext&) {
  if (!sent.canned && !sent.grants) return std::string();
  if (sent.canned && sent.grants) {
    return aws::fail(
        invalid_request("Specifying both Canned ACLs and Header Grants is not allowed"));
  }
  if (sent.canned && !is_canned_acl(*sent.canned))
    return aws::fail(invalid_argument("Invalid canned ACL", "x-amz-acl", *sent.canned));
  // Every bucket's owner has all rights to it anyway.
  if (sent.canned && (*sent.canned == "bucket-owner-full-control" || *sent.canned == "private"))
    return std::string();
  return aws::fail(
      {"AccessControlListNotSupported", 400, "The bucket does not allow ACLs", {}, {}});
}

void use_body(TakenBody body, std::optional<ChecksumKind> checksum, NewVersion& made) {
  Version& version = made.version;
  version.size = body.size;
  version.etag = hex_encode(body.md5);
  version.is_inline = !body.inline_bytes.empty();
  if (body.blob) version.blob = Extent{std::move(body.blob->id), body.blob->size};
  made.inline_bytes = std::move(body.inline_bytes);
  if (checksum)
    version.checksum = StoredChecksum{
        .kind = *checksum, .composite = false, .value = base64_encode(body.checksum)};
}

std::optional<std::string> put_version_header(const Version& version, const Bucket& bucket) {
  if (!version.version_id.empty()) return version.version_id;
  if (bucket.versioning == Versioning::kSuspended) return "null";
  return std::nullopt;
}

}  // namespace kiln::s3
