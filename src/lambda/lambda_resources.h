// SPDX-License-Identifier: Apache-2.0
#pragma once
// What Lambda's own resources say to a decision of IAM: functions, versions and aliases their
// policies and the function's tags, from the directory's memory, for every invocation asks;
// versions of layers their policies, from the store.

#include "iam/resource_policies.h"
#include "lambda/function_directory_impl.h"
#include "lambda/store/layer_repository.h"

#include <string>

namespace kiln::lambda {

// Registered under "lambda". `directory` and `layers` outlive it.
class LambdaResources final : public iam::ResourcePolicies {
 public:
  LambdaResources(CachedFunctionDirectory& directory, LayerRepository& layers)
      : directory_(directory), layers_(layers) {}
  Task<Result<std::optional<iam::ResourcePolicy>>> find(std::string action,
                                                        std::string resource_arn) override;
  // AddPermission and AddLayerVersionPermission make no other statements than Allow.
  bool may_deny() const override { return false; }
  bool closed_to_others() const override { return true; }

 private:
  CachedFunctionDirectory& directory_;
  LayerRepository& layers_;
};

}  // namespace kiln::lambda
