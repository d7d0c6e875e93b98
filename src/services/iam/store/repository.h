// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reads IAM's rows together with the versions that a later commit checks.

#include "async/task.h"
#include "iam/records.h"
#include "services/iam/store/entities.h"
#include "store/store.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kiln::iam_api {

template <class Record>
struct Loaded {
  Record record;
  std::optional<store::Version> version;  // nullopt: there is no row yet
};

// One of Roles, Users, Groups, InstanceProfiles by its name.
template <class Entity>
Task<Result<std::optional<Loaded<typename Entity::Record>>>> load(store::Store& store,
                                                                  std::string account,
                                                                  std::string name);
// All of an account with this path prefix, by folded name, after `after`: at most `limit`. Reads on
// while rows are filtered out.
template <class Entity>
Task<Result<std::vector<typename Entity::Record>>> scan(store::Store& store, std::string account,
                                                        std::string path_prefix, std::string after,
                                                        std::size_t limit);

// By name alone; the caller compares the ARN.
Task<Result<std::optional<Loaded<iam::PolicyRecord>>>> load_policy(store::Store& store,
                                                                   std::string account,
                                                                   std::string name);
Task<Result<std::vector<iam::PolicyRecord>>> scan_policies(store::Store& store, std::string account,
                                                           std::string path_prefix,
                                                           std::string after, std::size_t limit,
                                                           bool (*keep)(const iam::PolicyRecord&));
Task<Result<Loaded<iam::AccountSummary>>> load_summary(store::Store& store, std::string account);
// The text of a document row; nullopt when there is none.
Task<Result<std::optional<std::string>>> load_text(store::Store& store, std::string key);

// Groups of a user, by name. One whose row is gone is left out.
Task<Result<std::vector<iam::GroupRecord>>> load_groups(store::Store& store, std::string account,
                                                        std::vector<std::string> ids);
// Folded names of a group's members, after `after`: at most `limit`.
Task<Result<std::vector<std::string>>> scan_members(store::Store& store, std::string account,
                                                    std::string group_id, std::string after,
                                                    std::size_t limit);
// Ids of the access keys of `owner` (a user's id; the account for its root).
Task<Result<std::vector<std::string>>> scan_keys(store::Store& store, std::string account,
                                                 std::string owner);
Task<Result<std::optional<Loaded<iam::AccessKeyRecord>>>> load_access_key(store::Store& store,
                                                                          std::string id);

// Who uses a managed policy: a row of one of the tables of iam::keys::uses.
struct PolicyUser {
  std::string name;
  std::string id;
  std::string path;
};
std::string encode(const PolicyUser& user);
// At most `limit`, whose folded names come after `after`.
Task<Result<std::vector<PolicyUser>>> scan_uses(store::Store& store, std::string account,
                                                std::string_view table, std::string policy_arn,
                                                std::string after, std::size_t limit);
// How often an AWS managed policy is attached in the account, and how often it is a boundary; own
// policies count in their record.
struct UseCounts {
  std::int64_t attachments = 0;
  std::int64_t boundaries = 0;
};
Task<Result<UseCounts>> count_uses(store::Store& store, std::string account,
                                   std::string policy_arn);

}  // namespace kiln::iam_api
