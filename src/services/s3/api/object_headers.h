// SPDX-License-Identifier: Apache-2.0
#pragma once
// Headers of objects, in both directions, for the operations whose structs have the same members.

#include "services/s3/api/common.h"
#include "services/s3/model/names.h"

#include <optional>
#include <string>
#include <utility>

namespace kiln::s3 {

// What asks for an encryption that is not here: keys of KMS or of the customer.
template <class Input>
aws::ApiResult<void> check_encryption(const Input& input) {
  if (input.sse_customer_algorithm || input.sse_customer_key)
    return aws::fail(not_implemented("x-amz-server-side-encryption-customer-algorithm"));
  if constexpr (requires { input.server_side_encryption; }) {
    if (!input.server_side_encryption || *input.server_side_encryption == "AES256") return {};
    if (input.server_side_encryption->starts_with("aws:"))
      return aws::fail(not_implemented("x-amz-server-side-encryption"));
    return aws::fail(
        {"InvalidEncryptionAlgorithmError",
         400,
         "The encryption request that you specified is not valid. The valid value is AES256.",
         {{"ArgumentName", "x-amz-server-side-encryption"},
          {"ArgumentValue", *input.server_side_encryption}},
         {}});
  }
  return {};
}

template <class Input>
aws::ApiResult<void> check_lock(const Input& input) {
  if (input.object_lock_mode || input.object_lock_retain_until_date ||
      input.object_lock_legal_hold_status)
    return aws::fail(invalid_request("Bucket is missing Object Lock Configuration"));
  return {};
}

// What a PUT, a copy with directive REPLACE or a new upload says of its object, but for the ACL.
template <class Input>
aws::ApiResult<Description> describe(const Input& input) {
  if (auto ok = check_encryption(input); !ok) return aws::fail(std::move(ok.error()));
  if (auto ok = check_lock(input); !ok) return aws::fail(std::move(ok.error()));
  Description out;
  out.content_type = input.content_type.value_or("");
  if (out.content_type.empty()) out.content_type = "binary/octet-stream";
  out.cache_control = input.cache_control.value_or("");
  out.content_disposition = input.content_disposition.value_or("");
  out.content_encoding = input.content_encoding.value_or("");
  out.content_language = input.content_language.value_or("");
  out.expires = input.expires.value_or("");
  out.website_redirect = input.website_redirect_location.value_or("");
  out.storage_class = input.storage_class.value_or("STANDARD");
  if (!is_storage_class(out.storage_class)) {
    return aws::fail({"InvalidStorageClass",
                      400,
                      "The storage class you specified is not valid",
                      {{"StorageClassRequested", out.storage_class}},
                      {}});
  }
  if (input.metadata) {
    auto metadata = normal_metadata(*input.metadata);
    if (!metadata) return aws::fail(std::move(metadata.error()));
    out.metadata = std::move(*metadata);
  }
  if (input.tagging) {
    auto tags = parse_tagging_header(*input.tagging);
    if (!tags) return aws::fail(std::move(tags.error()));
    out.tags = std::move(*tags);
  }
  return out;
}

// The one checksum that came with a body, verified already. Of kinds that are not here: 501.
template <class Input>
aws::ApiResult<std::optional<StoredChecksum>> sent_checksum(const Input& input) {
  std::optional<StoredChecksum> out;
  const std::pair<ChecksumKind, const Text*> known[] = {
      {ChecksumKind::kCrc32, &input.checksum_crc32},
      {ChecksumKind::kCrc32c, &input.checksum_crc32_c},
      {ChecksumKind::kCrc64Nvme, &input.checksum_crc64_nvme},
      {ChecksumKind::kSha1, &input.checksum_sha1},
      {ChecksumKind::kSha256, &input.checksum_sha256},
  };
  for (const auto& [kind, text] : known) {
    if (!*text) continue;
    if (out) {
      return aws::fail(
          invalid_request("Expecting a single x-amz-checksum- header. Multiple checksum Types are "
                          "not allowed."));
    }
    out = StoredChecksum{.kind = kind, .composite = false, .value = **text};
  }
  for (const Text* other : {&input.checksum_sha512, &input.checksum_md5, &input.checksum_xxhash64,
                            &input.checksum_xxhash3, &input.checksum_xxhash128})
    if (*other) return aws::fail(not_implemented("x-amz-checksum"));
  return out;
}

template <class Output>
void set_checksum(Output& output, ChecksumKind kind, std::string value) {
  switch (kind) {
    case ChecksumKind::kCrc32:
      output.checksum_crc32 = std::move(value);
      break;
    case ChecksumKind::kCrc32c:
      output.checksum_crc32_c = std::move(value);
      break;
    case ChecksumKind::kCrc64Nvme:
      output.checksum_crc64_nvme = std::move(value);
      break;
    case ChecksumKind::kSha1:
      output.checksum_sha1 = std::move(value);
      break;
    case ChecksumKind::kSha256:
      output.checksum_sha256 = std::move(value);
      break;
    case ChecksumKind::kMd5:
      break;
  }
}

template <class Output>
void set_checksum(Output& output, const std::optional<StoredChecksum>& checksum) {
  if (!checksum) return;
  set_checksum(output, checksum->kind, checksum->value);
  if constexpr (requires { output.checksum_type; })
    output.checksum_type = checksum->composite ? "COMPOSITE" : "FULL_OBJECT";
}

// "CRC32C": the name of elements and headers.
std::string checksum_label(ChecksumKind kind);
inline std::string checksum_name_lower(ChecksumKind kind) {
  return std::string(checksum_name(kind));
}

// What GetObject and HeadObject say of a version.
template <class Output>
void describe_version(Output& output, const BucketState& bucket, const Version& version) {
  const auto some = [](const std::string& text) {
    return text.empty() ? std::nullopt : std::optional(text);
  };
  const Description& about = version.about;
  output.accept_ranges = "bytes";
  output.last_modified = version.modified;
  output.e_tag = quoted(version.etag);
  output.version_id = version_header(bucket.bucket, version);
  output.cache_control = some(about.cache_control);
  output.content_disposition = some(about.content_disposition);
  output.content_encoding = some(about.content_encoding);
  output.content_language = some(about.content_language);
  output.content_type = about.content_type;
  output.expires = some(about.expires);
  output.website_redirect_location = some(about.website_redirect);
  output.server_side_encryption = "AES256";
  if (about.storage_class != "STANDARD") output.storage_class = about.storage_class;
  if (!about.metadata.empty()) output.metadata = about.metadata;
  if (!about.tags.empty()) output.tag_count = static_cast<std::int32_t>(about.tags.size());
}

}  // namespace kiln::s3
