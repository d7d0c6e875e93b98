// SPDX-License-Identifier: Apache-2.0
#include "lambda/model/function.h"

#include "lambda/model/function_ref.h"

namespace kiln::lambda {

std::string FunctionVersion::arn() const { return function_arn(account, region, name, ""); }

std::string FunctionVersion::qualified_arn() const {
  return function_arn(account, region, name, version);
}

}  // namespace kiln::lambda
