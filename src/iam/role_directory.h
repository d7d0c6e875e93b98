// SPDX-License-Identifier: Apache-2.0
#pragma once
// RoleDirectory answers what other rooms need to know about roles.

#include "async/task.h"
#include "base/result.h"

#include <optional>
#include <string>

namespace kiln::iam {

struct RoleInfo {
  std::string arn;
  std::string role_id;
  std::string assume_role_policy;  // JSON
};

enum class PassRoleAnswer { kOk, kNotFound, kNotTrusted };

class RoleDirectory {
 public:
  virtual ~RoleDirectory() = default;
  // nullopt when no role has this ARN. A deleted and recreated role has another id.
  virtual Task<Result<std::optional<RoleInfo>>> find_role(std::string role_arn) = 0;
  // Whether `service` ("lambda.amazonaws.com") may assume the role. `kiln dev` answers kOk for any
  // well-formed role ARN.
  virtual Task<Result<PassRoleAnswer>> can_pass_to(std::string role_arn, std::string service) = 0;
};

}  // namespace kiln::iam
