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

aws::ApiResult<Ownership> ownership_of(const SentAcl& sent, const BucketState& bucket,
                                       const aws::RequestContext& context) {
  const std::string& of_bucket = bucket.bucket.account;
  const std::string& caller = context.principal.account;
  Ownership out{.owner = of_bucket, .acl = {}};
  if (!acls_enabled(bucket)) {
    if (sent.empty()) return out;
    auto grants = read_grants(sent, {of_bucket, of_bucket, caller}, false);
    if (!grants) return aws::fail(std::move(grants.error()));
    const bool plain =
        sent.canned && (*sent.canned == "private" || *sent.canned == "bucket-owner-full-control");
    return plain ? aws::ApiResult<Ownership>(out) : aws::fail(acls_are_off());
  }
  const bool given = sent.canned && *sent.canned == "bucket-owner-full-control";
  const std::string* rule = bucket.config("ownership");
  const bool preferred = rule && *rule == "BucketOwnerPreferred";
  if (!caller.empty() && !(preferred && given)) out.owner = caller;
  if (sent.empty()) return out;
  auto grants = grants_of(sent, bucket, {out.owner, of_bucket, caller}, false);
  if (!grants) return aws::fail(std::move(grants.error()));
  if (!sent.canned || *sent.canned != "private") out.acl = encode(*grants);
  return out;
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
