// SPDX-License-Identifier: Apache-2.0
#pragma once
// A role's trust policy is its resource policy for sts:AssumeRole and what comes with it.

#include "iam/resource_policies.h"
#include "iam/role_directory.h"

namespace kiln::iam {

// Registered under "iam". `roles` outlives it.
class RolePolicies final : public ResourcePolicies {
 public:
  explicit RolePolicies(RoleDirectory& roles) : roles_(roles) {}
  Task<Result<std::optional<ResourcePolicy>>> find(std::string action,
                                                   std::string resource_arn) override;

 private:
  RoleDirectory& roles_;
};

}  // namespace kiln::iam
