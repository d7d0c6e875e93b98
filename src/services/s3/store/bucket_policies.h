// SPDX-License-Identifier: Apache-2.0
#pragma once
// The policies and ACLs of buckets, for IAM's decisions, and what the public access block makes of
// them.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html

#include "iam/resource_policies.h"
#include "services/s3/store/buckets.h"
#include "services/s3/store/objects.h"

#include <optional>
#include <string>
#include <string_view>

namespace kiln::s3 {

struct PublicAccessBlock {
  bool block_acls = false;
  bool ignore_acls = false;
  bool block_policy = false;
  bool restrict = false;
};
enum class PublicAccess : std::uint8_t { kBlockPolicy, kRestrict };

std::string encode_public_access(const PublicAccessBlock& block);
// nullopt: the bucket has none.
std::optional<PublicAccessBlock> public_access_of(const BucketState& bucket);
bool blocks(const BucketState& bucket, PublicAccess what);
// ObjectOwnership other than BucketOwnerEnforced.
bool acls_enabled(const BucketState& bucket);

// AWS's message for the first fault; nullopt when there is none.
std::optional<std::string> bucket_policy_fault(std::string_view policy, std::string_view bucket);
// Whether a statement allows something to everybody, without a condition.
bool is_public_policy(std::string_view policy);
// The policy without those statements.
std::string without_public_statements(std::string_view policy);

// Registered under "s3". Where a bucket's ACLs are on, their grants are statements of its policy;
// those of objects are read with each question. References outlive it.
class BucketPolicies final : public iam::ResourcePolicies {
 public:
  BucketPolicies(Buckets& buckets, Objects& objects) : buckets_(buckets), objects_(objects) {}
  Task<Result<std::optional<iam::ResourcePolicy>>> find(std::string action,
                                                        std::string resource_arn) override;

 private:
  Task<Result<std::string>> with_grants(BucketPtr bucket, std::string policy, std::string action,
                                        std::string arn);

  Buckets& buckets_;
  Objects& objects_;
};

}  // namespace kiln::s3
