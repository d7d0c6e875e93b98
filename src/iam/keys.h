// SPDX-License-Identifier: Apache-2.0
#pragma once
// Every key that IAM writes. Names are unique without case, so keys hold the folded name and
// records the spelling. Users and groups can be renamed: what hangs on them is keyed by their id.

#include "store/tuple.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace kiln::iam::keys {

// ASCII lower case.
inline std::string fold(std::string_view name) {
  std::string out(name);
  for (auto& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

// Prefix of all of them; what caches watch.
inline std::string all() { return store::key("iam"); }

// (iam, account, role, folded name) -> RoleRecord. The guard of all that belongs to the role: its
// inline policies and attachments change only together with it.
inline std::string roles(std::string_view account) { return store::key("iam", account, "role"); }
inline std::string role(std::string_view account, std::string_view name) {
  return store::key("iam", account, "role", fold(name));
}
// (iam, account, role-policy, folded role name, policy name) -> text of an inline policy.
inline std::string role_policy(std::string_view account, std::string_view role,
                               std::string_view policy) {
  return store::key("iam", account, "role-policy", fold(role), policy);
}
// (iam, account, policy, folded name) -> PolicyRecord. Guards its versions.
inline std::string policies(std::string_view account) {
  return store::key("iam", account, "policy");
}
inline std::string policy(std::string_view account, std::string_view name) {
  return store::key("iam", account, "policy", fold(name));
}
// (iam, account, policy-version, folded name, number) -> text of a managed policy.
inline std::string policy_version(std::string_view account, std::string_view name,
                                  std::int64_t number) {
  return store::key("iam", account, "policy-version", fold(name), number);
}
// (iam, account, user, folded name) -> UserRecord. The guard of its policies, groups and keys.
inline std::string users(std::string_view account) { return store::key("iam", account, "user"); }
inline std::string user(std::string_view account, std::string_view name) {
  return store::key("iam", account, "user", fold(name));
}
// (iam, account, group, folded name) -> GroupRecord. The guard of its policies and members.
inline std::string groups(std::string_view account) { return store::key("iam", account, "group"); }
inline std::string group(std::string_view account, std::string_view name) {
  return store::key("iam", account, "group", fold(name));
}
// (iam, account, id, user or group id) -> folded name.
inline std::string name_of_id(std::string_view account, std::string_view id) {
  return store::key("iam", account, "id", id);
}
// (iam, account, inline, user or group id, policy name) -> text of an inline policy.
inline std::string inline_policy(std::string_view account, std::string_view id,
                                 std::string_view policy) {
  return store::key("iam", account, "inline", id, policy);
}
// (iam, account, member, group id, folded user name) -> nothing. Written with the user's row.
inline std::string members(std::string_view account, std::string_view group_id) {
  return store::key("iam", account, "member", group_id);
}
inline std::string member(std::string_view account, std::string_view group_id,
                          std::string_view user) {
  return store::key("iam", account, "member", group_id, fold(user));
}
// (iam, account, instance-profile, folded name) -> InstanceProfileRecord.
inline std::string instance_profiles(std::string_view account) {
  return store::key("iam", account, "instance-profile");
}
inline std::string instance_profile(std::string_view account, std::string_view name) {
  return store::key("iam", account, "instance-profile", fold(name));
}
// (iam, account, table, policy ARN, folded name) -> who uses a managed policy and how. Tables:
// attached (roles), attached-user, attached-group, bounded-role, bounded-user. Written with the
// user's, group's or role's row.
inline std::string uses(std::string_view account, std::string_view table,
                        std::string_view policy_arn) {
  return store::key("iam", account, table, policy_arn);
}
inline std::string use(std::string_view account, std::string_view table,
                       std::string_view policy_arn, std::string_view name) {
  return store::key("iam", account, table, policy_arn, fold(name));
}
// (iam, account, summary) -> AccountSummary. Written by create and delete: the guard of quotas.
inline std::string summary(std::string_view account) {
  return store::key("iam", account, "summary");
}

// (iam, access-key, key id) -> AccessKeyRecord. Global: the id is what a request names first.
inline std::string access_keys() { return store::key("iam", "access-key"); }
inline std::string access_key(std::string_view id) { return store::key("iam", "access-key", id); }
// (iam, account, keys-of, owner, key id) -> nothing. The owner is a user's id, or the account for
// its root.
inline std::string keys_of(std::string_view account, std::string_view owner) {
  return store::key("iam", account, "keys-of", owner);
}
inline std::string key_of(std::string_view account, std::string_view owner, std::string_view id) {
  return store::key("iam", account, "keys-of", owner, id);
}
// (iam, account, alias) -> the account's alias; (iam, alias, alias) -> its account.
inline std::string alias(std::string_view account) { return store::key("iam", account, "alias"); }
inline std::string account_of_alias(std::string_view alias) {
  return store::key("iam", "alias", alias);
}
// (iam, administrator) -> key id. Exists once the first key was made.
inline std::string administrator() { return store::key("iam", "administrator"); }
// (iam, server-key) -> 32 bytes that seal session tokens, the same on every node.
inline std::string server_key() { return store::key("iam", "server-key"); }

}  // namespace kiln::iam::keys
