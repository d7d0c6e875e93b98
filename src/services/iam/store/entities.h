// SPDX-License-Identifier: Apache-2.0
#pragma once
// What tells roles, users, groups and instance profiles apart, for the templates that treat them
// alike.

#include "iam/keys.h"
#include "iam/records.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace kiln::iam_api {

// name_in(shape) is the member of an operation's input or output that names the entity.
struct Roles {
  using Record = iam::RoleRecord;
  static constexpr std::string_view kWord = "role";  // in messages and ARNs
  static constexpr std::string_view kPoliciesQuota = "PoliciesPerRole";
  static constexpr std::size_t kMaxInlineSize = 10'240;
  static constexpr std::string_view kAttached = "attached";  // tables of iam::keys::uses
  static constexpr std::string_view kBounded = "bounded-role";

  static std::string prefix(std::string_view account) { return iam::keys::roles(account); }
  static std::string key(std::string_view account, std::string_view name) {
    return iam::keys::role(account, name);
  }
  static std::string inline_key(std::string_view account, const Record& role,
                                std::string_view policy) {
    return iam::keys::role_policy(account, role.name, policy);
  }
  static Result<Record> decode(std::string_view bytes) { return iam::decode_role(bytes); }
  static auto& name_in(auto& shape) { return shape.role_name; }
};

struct Users {
  using Record = iam::UserRecord;
  static constexpr std::string_view kWord = "user";
  static constexpr std::string_view kPoliciesQuota = "PoliciesPerUser";
  static constexpr std::size_t kMaxInlineSize = 2'048;
  static constexpr std::string_view kAttached = "attached-user";
  static constexpr std::string_view kBounded = "bounded-user";

  static std::string prefix(std::string_view account) { return iam::keys::users(account); }
  static std::string key(std::string_view account, std::string_view name) {
    return iam::keys::user(account, name);
  }
  static std::string inline_key(std::string_view account, const Record& user,
                                std::string_view policy) {
    return iam::keys::inline_policy(account, user.id, policy);
  }
  static Result<Record> decode(std::string_view bytes) { return iam::decode_user(bytes); }
  static auto& name_in(auto& shape) { return shape.user_name; }
};

struct Groups {
  using Record = iam::GroupRecord;
  static constexpr std::string_view kWord = "group";
  static constexpr std::string_view kPoliciesQuota = "PoliciesPerGroup";
  static constexpr std::size_t kMaxInlineSize = 5'120;
  static constexpr std::string_view kAttached = "attached-group";

  static std::string prefix(std::string_view account) { return iam::keys::groups(account); }
  static std::string key(std::string_view account, std::string_view name) {
    return iam::keys::group(account, name);
  }
  static std::string inline_key(std::string_view account, const Record& group,
                                std::string_view policy) {
    return iam::keys::inline_policy(account, group.id, policy);
  }
  static Result<Record> decode(std::string_view bytes) { return iam::decode_group(bytes); }
  static auto& name_in(auto& shape) { return shape.group_name; }
};

// Has no policies: only its record and its name.
struct InstanceProfiles {
  using Record = iam::InstanceProfileRecord;
  static constexpr std::string_view kWord = "instance-profile";

  static std::string prefix(std::string_view account) {
    return iam::keys::instance_profiles(account);
  }
  static std::string key(std::string_view account, std::string_view name) {
    return iam::keys::instance_profile(account, name);
  }
  static Result<Record> decode(std::string_view bytes) {
    return iam::decode_instance_profile(bytes);
  }
  static auto& name_in(auto& shape) { return shape.instance_profile_name; }
};

}  // namespace kiln::iam_api
