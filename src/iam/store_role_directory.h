// SPDX-License-Identifier: Apache-2.0
#pragma once
// RoleDirectory over the store, with a bounded cache that any change of IAM clears.
//
// Threads: belongs to `home`; store and home outlive it.

#include "async/executor.h"
#include "iam/lru_cache.h"
#include "iam/role_directory.h"
#include "store/store.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace kiln::iam {

// The parts of "arn:aws:iam::123456789012:role/path/name"; nullopt for anything else.
struct RoleArn {
  std::string account;
  std::string path;  // "/" or "/a/b/"
  std::string name;
};
std::optional<RoleArn> parse_role_arn(std::string_view text);

class StoreRoleDirectory final : public RoleDirectory {
 public:
  static constexpr std::size_t kCachedRoles = 4'096;
  // `any_role` is the rule of `kiln dev`: can_pass_to accepts every well-formed role ARN.
  StoreRoleDirectory(store::Store& store, Executor& home, bool any_role);
  Task<Result<std::optional<RoleInfo>>> find_role(std::string role_arn) override;
  Task<Result<PassRoleAnswer>> can_pass_to(std::string role_arn, std::string service) override;

 private:
  store::Store& store_;
  bool any_role_;
  LruCache<RoleInfo> cache_{kCachedRoles};
  std::uint64_t generation_ = 0;  // counts invalidations
  std::unique_ptr<store::Watch> watch_;
};

}  // namespace kiln::iam
