// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the operations that make objects share.

#include "services/s3/api/acl.h"
#include "services/s3/api/common.h"

#include <map>
#include <optional>
#include <string>

namespace kiln::s3 {

// The permission to put an object, with the condition keys that policies look at. Tags, ACLs and
// the like need permissions of their own.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
template <class Input>
aws::Authorization put_object_authorization(std::string action, const Input& input) {
  auto out = on_object(std::move(action), input.bucket, input.key);
  auto& keys = out.condition_keys();
  if (input.acl) keys["s3:x-amz-acl"] = {*input.acl};
  if (input.storage_class) keys["s3:x-amz-storage-class"] = {*input.storage_class};
  if (input.server_side_encryption)
    keys["s3:x-amz-server-side-encryption"] = {*input.server_side_encryption};
  if constexpr (requires { input.if_none_match; }) {
    if (input.if_none_match) keys["s3:if-none-match"] = {*input.if_none_match};
    if (input.if_match) keys["s3:if-match"] = {*input.if_match};
  }
  const auto arn = object_arn(*input.bucket, *input.key);
  if (input.tagging) out.also({"s3:PutObjectTagging", arn, {}});
  if (input.acl || input.grant_full_control || input.grant_read || input.grant_read_acp ||
      input.grant_write_acp)
    out.also({"s3:PutObjectAcl", arn, {}});
  return out;
}

// The account that owns what the caller puts into the bucket, and the ACL it gets, as stored.
// AccessControlListNotSupported while ACLs are off, but for what they would come to anyway.
struct Ownership {
  std::string owner;
  std::string acl;
};
aws::ApiResult<Ownership> ownership_of(const SentAcl& sent, const BucketState& bucket,
                                       const aws::RequestContext& context);

// Moves what was taken in into a version on its way: size, ETag, place, and the checksum that was
// asked for.
void use_body(TakenBody body, std::optional<ChecksumKind> checksum, NewVersion& made);

// x-amz-version-id of an answer to a PUT: nothing in buckets without versions.
std::optional<std::string> put_version_header(const Version& version, const Bucket& bucket);

}  // namespace kiln::s3
