// SPDX-License-Identifier: Apache-2.0
#pragma once
// ResourcePolicies tells the authorizer what a resource itself says about who may use it. A service
// whose resources have policies implements it over its own caches and is registered with
// PolicyAuthorizer::add_resource_policies under the service of the ARNs ("lambda", "s3", "iam").

#include "async/task.h"
#include "aws/request_context.h"
#include "base/result.h"

#include <map>
#include <optional>
#include <string>

namespace kiln::iam {

struct ResourcePolicy {
  // The account that has the resource; empty: the one in its ARN, else the caller's.
  std::string owner;
  // The resource's full ARN, where the operation could not know it; empty: as asked.
  std::string arn;
  std::string policy;                       // JSON; empty: none
  std::map<std::string, std::string> tags;  // aws:ResourceTag
  // Nobody passes without a grant of this policy, not even its own account (role trust).
  bool decides = false;
};

class ResourcePolicies {
 public:
  virtual ~ResourcePolicies() = default;
  // nullopt: there is no such resource, or nothing to say of this action (lower case). Called for
  // every decision on a resource of the service, so what is on the invoke path answers from memory.
  virtual Task<Result<std::optional<ResourcePolicy>>> find(std::string action,
                                                           std::string resource_arn) = 0;
  // Whether policies of this service can hold a Deny. Without, the account's root needs no look at
  // them.
  virtual bool may_deny() const { return true; }
  // Whether other accounts need a grant in IAM mode `audit` as well: what accounts keep apart there
  // without any policy.
  virtual bool closed_to_others() const { return false; }
};

}  // namespace kiln::iam
