// SPDX-License-Identifier: Apache-2.0
#include "iam/role_policies.h"

#include <utility>

namespace kiln::iam {

Task<Result<std::optional<ResourcePolicy>>> RolePolicies::find(std::string action,
                                                               std::string resource_arn) {
  if (!action.starts_with("sts:")) co_return std::nullopt;
  auto finding = roles_.find_role(std::move(resource_arn));
  KILN_CO_TRY(auto role, co_await std::move(finding));
  if (!role) co_return std::nullopt;
  co_return ResourcePolicy{.policy = std::move(role->assume_role_policy), .decides = true};
}

}  // namespace kiln::iam
