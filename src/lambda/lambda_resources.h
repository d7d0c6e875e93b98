// SPDX-License-Identifier: Apache-2.0
#pragma once
// What Lambda's own resources say to a decision of IAM: functions, versions and aliases their
// policies and the function's tags. From the directory's memory, for every invocation asks.

#include "iam/resource_policies.h"
#include "lambda/function_directory_impl.h"

#include <string>

namespace kiln::lambda {

// Registered under "lambda". `directory` outlives it.
class LambdaResources final : public iam::ResourcePolicies {
 public:
  explicit LambdaResources(CachedFunctionDirectory& directory) : directory_(directory) {}
  Task<Result<std::optional<iam::ResourcePolicy>>> find(std::string action,
                                                        std::string resource_arn) override;
  // AddPermission makes no other statements than Allow.
  bool may_deny() const override { return false; }
  bool closed_to_others() const override { return true; }

 private:
  CachedFunctionDirectory& directory_;
};

}  // namespace kiln::lambda
