// SPDX-License-Identifier: Apache-2.0
#pragma once
// What IAM stores. decode() answers kInternal for bytes that no version of Kiln wrote.

#include "base/result.h"
#include "base/time.h"
#include "iam/record_codec.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kiln::iam {

// What roles, users and groups have in common. Groups have neither boundary nor tags.
struct EntityRecord {
  // An inline policy; its text has a row of its own.
  struct Inline {
    std::string name;
    std::int64_t size = 0;  // characters that are not white space, what the quota counts
  };
  std::string name;
  std::string path = "/";
  std::string id;  // AROA..., AIDA..., AGPA...
  Timestamp created;
  std::string permissions_boundary;  // ARN or empty
  Tags tags;
  std::vector<std::string> attached;  // policy ARNs in order of attachment
  std::vector<Inline> inlines;        // by name
};

struct RoleRecord : EntityRecord {
  std::string trust_policy;
  std::string description;
  std::int64_t max_session_seconds = 3600;
  std::vector<std::string> instance_profiles;  // names

  std::string arn(std::string_view account) const;
  // Made by and for a service of AWS; its users may not change it.
  bool service_linked() const { return path.starts_with("/aws-service-role/"); }
};

struct UserRecord : EntityRecord {
  std::vector<std::string> groups;  // ids

  std::string arn(std::string_view account) const;
};

struct GroupRecord : EntityRecord {
  std::string arn(std::string_view account) const;
};

struct InstanceProfileRecord {
  std::string name;
  std::string path = "/";
  std::string id;  // AIPA...
  Timestamp created;
  std::string role;  // name or empty
  Tags tags;

  std::string arn(std::string_view account) const;
};

struct PolicyRecord {
  struct Version {
    std::int64_t number = 1;
    Timestamp created;
  };
  std::string name;
  std::string path = "/";
  std::string id;  // ANPA...
  Timestamp created;
  Timestamp updated;
  std::string description;
  std::int64_t default_version = 1;
  std::int64_t last_version = 1;  // numbers are never used again
  std::vector<Version> versions;  // ascending
  std::int64_t attachments = 0;
  std::int64_t boundaries = 0;  // users and roles that it bounds
  Tags tags;

  std::string arn(std::string_view account) const;
};

struct AccountSummary {
  std::int64_t roles = 0;
  std::int64_t policies = 0;
  std::int64_t users = 0;
  std::int64_t groups = 0;
  std::int64_t instance_profiles = 0;
};

struct AccessKeyRecord {
  std::string account;
  std::string secret;
  bool active = true;
  Timestamp created;
  // Empty: the account's root.
  std::string user_name;
  std::string user_path;
  std::string user_id;
};

std::string encode(const RoleRecord& record);
std::string encode(const UserRecord& record);
std::string encode(const GroupRecord& record);
std::string encode(const InstanceProfileRecord& record);
std::string encode(const PolicyRecord& record);
std::string encode(const AccountSummary& record);
std::string encode(const AccessKeyRecord& record);
Result<RoleRecord> decode_role(std::string_view bytes);
Result<UserRecord> decode_user(std::string_view bytes);
Result<GroupRecord> decode_group(std::string_view bytes);
Result<InstanceProfileRecord> decode_instance_profile(std::string_view bytes);
Result<PolicyRecord> decode_policy(std::string_view bytes);
Result<AccountSummary> decode_summary(std::string_view bytes);
Result<AccessKeyRecord> decode_access_key(std::string_view bytes);

}  // namespace kiln::iam
