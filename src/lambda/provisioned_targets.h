// SPDX-License-Identifier: Apache-2.0
#pragma once
// ProvisionedTargets reads from the store of which versions environments are kept started: by
// provisioned concurrency, or as the least of a scaling configuration.

#include "lambda/provisioned.h"
#include "lambda/store/function_repository.h"
#include "lambda/store/part_repository.h"

namespace kiln::lambda {

class ProvisionedTargets final : public ProvisionedSource {
 public:
  ProvisionedTargets(FunctionRepository& functions, PartRepository& parts)
      : functions_(functions), parts_(parts) {}
  Task<Result<std::vector<ProvisionedTarget>>> targets(FunctionKey key) override;
  Task<Result<std::vector<FunctionKey>>> functions() override { return functions_.provisioned(); }

 private:
  FunctionRepository& functions_;
  PartRepository& parts_;
};

}  // namespace kiln::lambda
