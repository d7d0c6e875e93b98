// SPDX-License-Identifier: Apache-2.0
#pragma once
// The configurations that a bucket has from the beginning.

#include "services/s3/api/acl.h"
#include "services/s3/api/common.h"
#include "services/s3/model/names.h"
#include "services/s3/store/bucket_policies.h"

namespace kiln::s3 {

// New buckets have ACLs off and public access blocked, as AWS has had it since April 2023; further
// settings come from CreateBucket's headers and document.
template <class Input>
aws::ApiResult<Configs> first_configs(const Input& input, const std::string& account) {
  Configs out;
  out["public-access"] = encode_public_access(
      {.block_acls = true, .ignore_acls = true, .block_policy = true, .restrict = true});
  const std::string ownership = input.object_ownership.value_or("BucketOwnerEnforced");
  if (ownership != "BucketOwnerEnforced" && ownership != "BucketOwnerPreferred" &&
      ownership != "ObjectWriter") {
    return aws::fail(invalid_argument("Invalid x-amz-object-ownership header: " + ownership,
                                      "x-amz-object-ownership", ownership));
  }
  out["ownership"] = ownership;
  const SentAcl sent = sent_acl(input);
  if (!sent.empty()) {
    auto grants = read_grants(sent, {account, account, account}, true);
    if (!grants) return aws::fail(std::move(grants.error()));
    if (ownership == "BucketOwnerEnforced" && !(sent.canned && *sent.canned == "private")) {
      return aws::fail({"InvalidBucketAclWithObjectOwnership",
                        400,
                        "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced "
                        "setting",
                        {},
                        {}});
    }
    if (is_public_acl(*grants)) {
      return aws::fail({"InvalidBucketAclWithBlockPublicAccessError",
                        400,
                        "Bucket cannot have public ACLs set with BlockPublicAccess enabled",
                        {},
                        {}});
    }
    if (grants->size() > 1) out["acl"] = encode(*grants);
  }
  if (input.create_bucket_configuration && input.create_bucket_configuration->tags) {
    Tags tags;
    for (const auto& tag : *input.create_bucket_configuration->tags)
      tags[tag.key.value_or("")] = tag.value.value_or("");
    if (auto checked = check_tags(tags, kMaxBucketTags); !checked)
      return aws::fail(std::move(checked.error()));
    out["tagging"] = encode(tags);
  }
  return out;
}

}  // namespace kiln::s3
