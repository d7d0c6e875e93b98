// SPDX-License-Identifier: Apache-2.0
#pragma once
// ProvisionedTargets reads from the store which versions have provisioned concurrency.

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
