// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reads IAM's rows together with the versions that a later commit checks.

#include "async/task.h"
#include "iam/records.h"
#include "store/store.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace kiln::iam_api {

template <class Record>
struct Loaded {
  Record record;
  std::optional<store::Version> version;  // nullopt: there is no row yet
};

Task<Result<std::optional<Loaded<iam::RoleRecord>>>> load_role(store::Store& store,
                                                               std::string account,
                                                               std::string name);
// By name alone; the caller compares the ARN.
Task<Result<std::optional<Loaded<iam::PolicyRecord>>>> load_policy(store::Store& store,
                                                                   std::string account,
                                                                   std::string name);
Task<Result<Loaded<iam::AccountSummary>>> load_summary(store::Store& store, std::string account);
// The text of a document row; nullopt when there is none.
Task<Result<std::optional<std::string>>> load_text(store::Store& store, std::string key);

struct AttachedRole {
  std::string name;
  std::string id;
  std::string path;
};
std::string encode(const AttachedRole& role);
// Roles that have the policy, at most `limit`, whose folded names come after `after`.
Task<Result<std::vector<AttachedRole>>> load_attachments(store::Store& store, std::string account,
                                                         std::string policy_arn, std::string after,
                                                         std::size_t limit);

// All roles or policies of an account with this path prefix, by folded name, after `after`: at most
// `limit`. Reads on while rows are filtered out.
Task<Result<std::vector<iam::RoleRecord>>> scan_roles(store::Store& store, std::string account,
                                                      std::string path_prefix, std::string after,
                                                      std::size_t limit);
Task<Result<std::vector<iam::PolicyRecord>>> scan_policies(store::Store& store, std::string account,
                                                           std::string path_prefix,
                                                           std::string after, std::size_t limit,
                                                           bool only_attached);

}  // namespace kiln::iam_api
