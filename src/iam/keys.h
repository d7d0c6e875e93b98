// SPDX-License-Identifier: Apache-2.0
#pragma once
// Every key that IAM writes. Names of roles and policies are unique without case, so keys hold the
// folded name and records the spelling.

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
// (iam, account, attached, policy ARN, folded role name) -> role name and id. Written with the
// role.
inline std::string attachments(std::string_view account, std::string_view policy_arn) {
  return store::key("iam", account, "attached", policy_arn);
}
inline std::string attachment(std::string_view account, std::string_view policy_arn,
                              std::string_view role) {
  return store::key("iam", account, "attached", policy_arn, fold(role));
}
// (iam, account, summary) -> AccountSummary. Written by create and delete: the guard of quotas.
inline std::string summary(std::string_view account) {
  return store::key("iam", account, "summary");
}

// (iam, access-key, key id) -> AccessKeyRecord. Global: the id is what a request names first.
inline std::string access_keys() { return store::key("iam", "access-key"); }
inline std::string access_key(std::string_view id) { return store::key("iam", "access-key", id); }
// (iam, administrator) -> key id. Exists once the first key was made.
inline std::string administrator() { return store::key("iam", "administrator"); }
// (iam, server-key) -> 32 bytes that seal session tokens, the same on every node.
inline std::string server_key() { return store::key("iam", "server-key"); }

}  // namespace kiln::iam::keys
