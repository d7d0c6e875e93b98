// SPDX-License-Identifier: Apache-2.0
#pragma once
// Access control lists of buckets and objects: grants to accounts and to groups, and what they mean
// as statements of a policy. Pure.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html

#include "aws/api_error.h"
#include "base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kiln::s3 {

// The kind of a bucket's configuration that its grants are kept as.
inline constexpr std::string_view kAclConfig = "acl";

struct AclGrant {
  enum class Grantee : std::uint8_t { kAccount, kEverybody, kAuthenticated, kLogDelivery };
  Grantee grantee = Grantee::kAccount;
  std::string account;     // of kAccount
  std::string permission;  // "READ"
};
using AclGrants = std::vector<AclGrant>;

// Who may be named: canonical ids say nothing of their accounts.
struct AclOwners {
  std::string owner;   // account
  std::string bucket;  // account of the bucket
  std::string caller;  // account
};

std::string encode(const AclGrants& grants);
Result<AclGrants> decode_grants(std::string_view bytes);

// What a canned name stands for; the owner's own grant comes first. InvalidArgument for other
// names.
aws::ApiResult<AclGrants> canned_grants(std::string_view name, const AclOwners& owners,
                                        bool of_bucket);
// A header: id="...", uri="...". InvalidArgument for accounts that are not among `owners`.
aws::ApiResult<AclGrants> parse_grants(std::string_view header, std::string_view permission,
                                       const AclOwners& owners);
aws::ApiResult<AclGrant> account_grant(std::string_view canonical_id, std::string_view permission,
                                       const AclOwners& owners);
aws::ApiResult<AclGrant> group_grant(std::string_view uri, std::string_view permission);
bool is_permission(std::string_view text, bool of_bucket);
// The URI of a group; empty for accounts.
std::string_view group_uri(AclGrant::Grantee grantee);

// Whether anybody beyond named accounts is let in.
bool is_public_acl(const AclGrants& grants);
AclGrants without_public(AclGrants grants);
// `policy` (JSON, may be empty) with what the grants allow on the bucket, and on one object.
std::string with_bucket_grants(std::string policy, const AclGrants& grants,
                               std::string_view bucket);
std::string with_object_grants(std::string policy, const AclGrants& grants,
                               std::string_view object_arn);

}  // namespace kiln::s3
