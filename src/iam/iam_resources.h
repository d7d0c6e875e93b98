// SPDX-License-Identifier: Apache-2.0
#pragma once
// What IAM's own resources say to a decision: users, groups, roles, policies and instance profiles
// their full ARN (operations know the name only, policies name the path as well) and their tags; a
// role besides its trust policy for sts:AssumeRole and what comes with it.

#include "iam/resource_policies.h"
#include "iam/role_directory.h"
#include "store/store.h"

#include <string>

namespace kiln::iam {

// Registered under "iam". `roles` and `store` outlive it. Records are read for each decision: IAM's
// operations read the same ones, and none is on the invoke path.
class IamResources final : public ResourcePolicies {
 public:
  IamResources(RoleDirectory& roles, store::Store& store) : roles_(roles), store_(store) {}
  Task<Result<std::optional<ResourcePolicy>>> find(std::string action,
                                                   std::string resource_arn) override;

 private:
  Task<Result<std::optional<ResourcePolicy>>> find_entity(std::string resource_arn);

  RoleDirectory& roles_;
  store::Store& store_;
};

}  // namespace kiln::iam
